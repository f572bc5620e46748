// A record under review: what was read, and the changes a person has made since, which can be undone one by one.
import { forget, keep, kept } from "../kept";
import type { Change, Evidence, FieldState, ReviewRecord } from "../model";
import { join, parent, parts, put, valueAt } from "./pointer";

export type Draft = Pick<ReviewRecord, "data" | "fields" | "field_states">;

/** The record as it would be after the changes. */
export function after(record: Draft, changes: readonly Change[], read: Draft = record): Draft {
  const draft: Draft = {
    data: structuredClone(record.data),
    fields: { ...record.fields },
    field_states: { ...record.field_states },
  };
  changes.forEach((change) => apply(draft, change, read));
  return draft;
}

function apply(draft: Draft, change: Change, read: Draft): void {
  const { op, path } = change;
  if (op === "insert_row" || op === "remove_row" || op === "move_row") return moveRows(draft, change);
  if (op === "confirm") {
    draft.field_states[path] = "confirmed";
    return;
  }
  const value = op === "clear" ? null : op === "restore" ? (valueAt(read.data, path) ?? null) : change.value;
  put(draft.data, path, value);
  draft.field_states[path] = op === "restore" ? (read.field_states[path] ?? "sure") : "corrected";
  if (op === "restore") draft.fields[path] = read.fields[path]!;
  else draft.fields[path] = corrected(draft.fields[path], change);
  if (!draft.fields[path]) delete draft.fields[path];
}

function corrected(before: Evidence | undefined, change: Change): Evidence {
  return {
    confidence: 1,
    origin: "corrected",
    citations: change.citation ? [{ ...change.citation, text: "" }] : [],
    alternatives: before?.alternatives ?? [],
  };
}

/** `path` is the row itself, `/items/2`; a move goes to the index `to`. */
function moveRows(draft: Draft, change: Change): void {
  const list = parent(change.path);
  const rows = valueAt(draft.data, list);
  const at = Number(parts(change.path).at(-1));
  if (!Array.isArray(rows) || Number.isNaN(at)) return;
  let renumber: (row: number) => number | null;
  if (change.op === "insert_row") {
    rows.splice(at, 0, change.value ?? {});
    renumber = (row) => (row >= at ? row + 1 : row);
  } else if (change.op === "remove_row") {
    rows.splice(at, 1);
    renumber = (row) => (row === at ? null : row > at ? row - 1 : row);
  } else {
    const to = change.to ?? at;
    rows.splice(to, 0, ...rows.splice(at, 1));
    renumber = (row) => (row === at ? to : row > at && row <= to ? row - 1 : row < at && row >= to ? row + 1 : row);
  }
  draft.fields = renumbered(draft.fields, list, renumber);
  draft.field_states = renumbered(draft.field_states, list, renumber);
}

function renumbered<T>(found: Record<string, T>, list: string, renumber: (row: number) => number | null): Record<string, T> {
  const start = `${list}/`;
  const moved = Object.entries(found).flatMap(([path, value]): [string, T][] => {
    if (!path.startsWith(start)) return [[path, value]];
    const [row = "", ...rest] = path.slice(start.length).split("/");
    const to = renumber(Number(row));
    return to === null ? [] : [[[join(list, to), ...rest].join("/"), value]];
  });
  return Object.fromEntries(moved);
}

/** Pointers that still need a person. */
export function open(draft: Draft): string[] {
  return Object.entries(draft.field_states).filter(([, state]) => state === "open").map(([path]) => path);
}

/** The state of a value, also of one the service says nothing of. */
export function stateOf(draft: Draft, path: string): FieldState {
  return draft.field_states[path] ?? "sure";
}

// What was not sent yet

export type Unsent = { revision: number; changes: Change[]; undone: Change[]; typing?: { path: string; text: string }; reason?: string };

export function keepUnsent(job: string, unsent: Unsent): void {
  if (unsent.changes.length || unsent.undone.length || unsent.typing || unsent.reason) keep(`review:${job}`, unsent);
  else forgetUnsent(job);
}

export function unsentOf(job: string): Unsent | null {
  return kept<Unsent>(`review:${job}`);
}

export function forgetUnsent(job: string): void {
  forget(`review:${job}`);
}
