// What was done to a record, step by step: undone and done again, also past a save, which is then followed by its opposite.
import { computed, signal } from "@preact/signals";
import type { Change } from "../model";
import { after, originOf, type Draft } from "./edits";
import { parent, valueAt } from "./pointer";

/** A change, and what takes it back once the service has it; null where nothing does. */
type Step = { change: Change; back: Change | null };

const steps = signal<readonly Step[]>([]);
const held = signal(0); // of the steps, those that were not undone
const sent = signal(0); // those that the service has

/** What the service is still to be told. */
export const changes = computed<Change[]>(() =>
  held.value >= sent.value
    ? steps.value.slice(sent.value, held.value).map(({ change }) => change)
    : steps.value.slice(held.value, sent.value).reverse().flatMap(({ back }) => back ?? []),
);
/** What was undone and never sent. */
export const undone = computed<Change[]>(() => steps.value.slice(Math.max(held.value, sent.value)).map(({ change }) => change).reverse());
export const canUndo = computed(() => held.value > sent.value || (held.value > 0 && steps.value[held.value - 1]!.back !== null));
export const canRedo = computed(() => held.value < steps.value.length);

/** Begin with changes that are laid over a record, and with some that were undone, the last one first. */
export function begin(record: Draft | null, read: Draft | null, made: readonly Change[] = [], back: readonly Change[] = []): void {
  [steps.value, held.value, sent.value] = [[], 0, 0];
  if (!record) return;
  for (const change of [...made, ...[...back].reverse()]) add(change, after(record, changes.value, read ?? record));
  held.value = made.length;
}

/** Do something to a record that stands as `before`. */
export function add(change: Change, before: Draft): void {
  const kept = steps.value.slice(0, Math.max(held.value, sent.value));
  const reversed = kept.slice(held.value).reverse().map(({ change: done, back }): Step => ({ change: back!, back: done })); // what was undone past a save
  steps.value = [...kept, ...reversed, { change, back: opposite(change, before) }];
  held.value = steps.value.length;
}

/** Take the last step back; what it had changed, or null where nothing can be undone. */
export function undo(): Change | null {
  if (!canUndo.value) return null;
  held.value -= 1;
  return steps.value[held.value]!.change;
}

export function redo(): Change | null {
  if (!canRedo.value) return null;
  held.value += 1;
  return steps.value[held.value - 1]!.change;
}

/** How far the steps are that are being sent; to be given to `accepted`. */
export function mark(): number {
  return held.value;
}

export function accepted(until: number): void {
  sent.value = until;
}

/** What brings a record back to where it stood before a change. */
function opposite(change: Change, before: Draft): Change | null {
  const { op, path } = change;
  const value = valueAt(before.data, path);
  if (op === "insert_row") return { op: "remove_row", path };
  if (op === "remove_row") return { op: "insert_row", path, value };
  if (op === "move_row") return { op: "move_row", path: `${parent(path)}/${change.to}`, to: Number(path.split("/").at(-1)) };
  if (path === "" || (value !== null && typeof value === "object")) return null;
  const state = before.field_states[path];
  const wasRead = originOf(before.rows, path) !== null;
  if (wasRead && (state === "open" || state === "sure")) return { op: "restore", path };
  if (op === "confirm") return null;
  const place = before.fields[path]?.citations[0];
  if (value === null || value === undefined) return { op: "clear", path };
  return { op: "correct", path, value, ...(place ? { citation: { page: place.page, box: place.box, text: place.text } } : {}) };
}
