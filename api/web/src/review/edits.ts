// A record under review: what was read, and the changes a person has made since, which can be undone one by one.
import { forget, keep, keptBy, TAB } from "../kept";
import type { Change, Evidence, FieldState, ReviewRecord } from "../model";
import { join, parent, parts, put, valueAt } from "./pointer";

export type Draft = Pick<ReviewRecord, "data" | "fields" | "field_states" | "rows">;

/** The record as it would be after the changes. */
export function after(record: Draft, changes: readonly Change[], read: Draft = record): Draft {
  const draft: Draft = {
    data: structuredClone(record.data),
    fields: { ...record.fields },
    field_states: { ...record.field_states },
    rows: { ...record.rows },
  };
  changes.forEach((change) => apply(draft, change, read));
  return draft;
}

function apply(draft: Draft, change: Change, read: Draft): void {
  const { op, path } = change;
  if (isOfRows(change)) return moveRows(draft, change);
  if (op === "confirm") {
    draft.field_states[path] = "confirmed";
    return;
  }
  const was = op === "restore" ? originOf(draft.rows, path) : null;
  const value = op === "clear" ? null : was !== null ? (valueAt(read.data, was) ?? null) : change.value;
  put(draft.data, path, value);
  draft.field_states[path] = was !== null ? (read.field_states[was] ?? "sure") : "corrected";
  if (was !== null) draft.fields[path] = read.fields[was]!;
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
  const origins = Object.fromEntries(rows.map((_, row) => [join(list, row), originOf(draft.rows, join(list, row))]));
  if (change.op === "insert_row") rows.splice(at, 0, structuredClone(change.value ?? {}));
  else if (change.op === "remove_row") rows.splice(at, 1);
  else rows.splice(change.to ?? at, 0, ...rows.splice(at, 1));
  const renumber = renumbering(change, at);
  draft.fields = renumbered(draft.fields, list, renumber);
  draft.field_states = renumbered(draft.field_states, list, renumber);
  draft.rows = renumbered({ ...draft.rows, ...origins }, list, renumber);
  if (change.op === "insert_row") draft.rows[change.path] = null;
}

/** Where a row is after rows were put in, taken out or moved; null for one that was taken out. */
function renumbering({ op, to }: Change, at: number): (row: number) => number | null {
  if (op === "insert_row") return (row) => (row >= at ? row + 1 : row);
  if (op === "remove_row") return (row) => (row === at ? null : row > at ? row - 1 : row);
  const end = to ?? at;
  return (row) => (row === at ? end : row > at && row <= end ? row - 1 : row < at && row >= end ? row + 1 : row);
}

/** Where places are after a change. */
export function follow(paths: readonly string[], change: Change): string[] {
  if (!isOfRows(change)) return [...paths];
  const renumber = renumbering(change, Number(parts(change.path).at(-1)));
  return paths.flatMap((path) => Object.keys(renumbered({ [path]: null }, parent(change.path), renumber)));
}

export function isOfRows({ op }: Change): boolean {
  return op === "insert_row" || op === "remove_row" || op === "move_row";
}

/** Where a place was in the reading; null in a row that was not read. */
export function originOf(rows: Draft["rows"], path: string): string | null {
  const above = parts(path);
  for (let length = above.length; length > 0; length--) {
    const row = above.slice(0, length).reduce(join, "");
    if (row in rows) return rows[row] === null ? null : rows[row] + path.slice(row.length);
  }
  return path;
}

/** Where a place of the reading is now; null where its row was taken out. */
function presentOf(record: Draft, origin: string): string | null {
  const at = Object.entries(record.rows).find(([, was]) => was !== null && (origin === was || origin.startsWith(`${was}/`)));
  const path = at ? at[0] + origin.slice(at[1]!.length) : origin;
  return valueAt(record.data, parent(path)) !== undefined && originOf(record.rows, path) === origin ? path : null;
}

/** Changes of one record as changes of another that came of the same reading; null for those of rows that it has not. */
export function laidOver(changes: readonly Change[], from: Draft, to: Draft): (Change | null)[] {
  return changes.map((change, index) => {
    const list = /^(.*?)\/\d+(\/|$)/.exec(change.path)?.[1];
    if (list === undefined || isAlike(list, from, to)) return change;
    const origin = isOfRows(change) ? null : originOf(after(from, changes.slice(0, index)).rows, change.path);
    const path = origin === null ? null : presentOf(to, origin);
    return path === null ? null : { ...change, path };
  });
}

/** Whether the rows of a list are the same ones in the same order. */
function isAlike(list: string, one: Draft, other: Draft): boolean {
  const rows = ({ data, rows }: Draft) => (Array.isArray(valueAt(data, list)) ? (valueAt(data, list) as unknown[]).map((_, row) => originOf(rows, join(list, row))) : []);
  return JSON.stringify(rows(one)) === JSON.stringify(rows(other));
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

// What was not sent yet, each tab for itself

export type Unsent = { revision: number; changes: Change[]; undone: Change[]; typing?: { path: string; text: string }; reason?: string };

export function keepUnsent(job: string, unsent: Unsent): void {
  if (unsent.changes.length || unsent.undone.length || unsent.typing || unsent.reason) keep(`review:${job}:${TAB}`, unsent);
  else forgetUnsent(job);
}

/** What this tab and others have left of a document, taken over by this one; of several revisions the newest. */
export function unsentOf(job: string): Unsent | null {
  const left = keptBy<Unsent>(`review:${job}:`);
  const newest = left.at(-1)?.value;
  if (!newest) return null;
  const alike = left.filter(({ value }) => value.revision === newest.revision);
  const last = <T,>(of: (unsent: Unsent) => T | undefined) => alike.map(({ value }) => of(value)).filter(Boolean).at(-1);
  const [typing, reason] = [last((one) => one.typing), last((one) => one.reason)];
  const changes = alike.flatMap(({ value }) => value.changes);
  alike.forEach(({ name }) => forget(name));
  const unsent = { revision: newest.revision, changes, undone: newest.undone, ...(typing ? { typing } : {}), ...(reason ? { reason } : {}) };
  keepUnsent(job, unsent);
  return unsent;
}

export function forgetUnsent(job: string): void {
  forget(`review:${job}:${TAB}`);
}
