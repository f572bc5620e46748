// One document under review: its record, the changes made, what is focused.
import { computed, signal } from "@preact/signals";
import { say } from "../announce";
import { get, Problem } from "../http";
import { labelOf } from "../kinds_store";
import type { Change, Issue, Job, ReviewRecord } from "../model";
import { t } from "../text/i18n";
import { after, follow, forgetUnsent, keepUnsent, laidOver, open, unsentOf } from "./edits";
import { asRead, load, newest, placeOf, toCheck, type Opened } from "./fetched";
import * as history from "./history";
import { changes, undone } from "./history";
import { schemaAt, valueAt, type Json } from "./pointer";
import { sendReview, type Decision } from "./sending";
import { typed } from "./values";

export type Clash = { theirs: ReviewRecord };

export const opened = signal<Opened | null>(null);
export const problem = signal<Problem | null>(null);
export const issues = signal<Issue[]>([]);
export const clash = signal<Clash | null>(null);
export const busy = signal(false);
/** The value that is in hand, and whether it is being typed over. */
export const focused = signal<string | null>(null);
export const editing = signal(false);
export const typing = signal<{ path: string; text: string } | null>(null);
export const wrong = signal<{ path: string; message: string } | null>(null);
export const page = signal(1);
/** Why the document is rejected, as far as it is typed. */
export const reason = signal("");
/** The values that were to be checked when the document was opened, where they were in the record that is changed. */
const toBeChecked = signal<string[]>([]);
/** Those that the service named as open when my changes were to be accepted. */
const named = signal<string[]>([]);
/** Documents accepted or rejected since the page was opened. */
export const decided = signal(0);
/** The service named what is still open; accepting again signs it off. */
export const warned = signal(false);
let started: number | null = null;

export const draft = computed(() => (opened.value?.record ? after(opened.value.record, changes.value, asRead(opened.value)) : null));
export const stillOpen = computed(() => (draft.value ? open(draft.value) : []));
/** The values that were to be checked when the document was opened; they keep their places. */
export const flagged = computed(() => [...new Set([...changes.value.reduce(follow, toBeChecked.value), ...named.value])]);
/** What stands against the version of somebody else: my changes, and what I am typing. */
export const mine = computed<Change[]>(() => {
  const now = typing.value;
  const found = now && typed(now.text, schemaAt(opened.value?.schema, now.path));
  return [...changes.value, ...(now && found?.ok ? [{ op: "correct", path: now.path, value: found.value } as Change] : [])];
});
/** These as they would be made to the other version; null where that has no such row. */
export const mineOverTheirs = computed(() => (clash.value && opened.value?.record ? laidOver(mine.value, opened.value.record, clash.value.theirs) : []));
export const unsaved = computed(() => changes.value.length > 0);
export const perHour = computed(() => {
  const hours = (Date.now() - (started ?? Date.now())) / 3_600_000;
  return decided.value ? Math.round(decided.value / Math.max(hours, 1 / 60)) : null;
});

let asked: AbortController | null = null;

export async function openDocument(id: string): Promise<void> {
  problem.value = null;
  if (opened.value?.job.id !== id) opened.value = null;
  try {
    const found = await load(id);
    await show(found);
  } catch (error) {
    if (error instanceof Problem) problem.value = error;
    else throw error;
  }
}

async function show(found: Opened): Promise<void> {
  const { job, record: newest } = found;
  const unsent = unsentOf(job.id);
  const isOld = newest && (unsent?.changes.length || unsent?.typing) && unsent.revision !== newest.revision;
  const record = isOld ? await get<ReviewRecord>(`/v1/jobs/${job.id}/record?revision=${unsent.revision}`).catch(() => newest) : newest;
  clash.value = isOld ? { theirs: newest } : null;
  warned.value = false;
  issues.value = [...(record?.issues ?? [])];
  wrong.value = null;
  typing.value = unsent?.typing ?? null;
  editing.value = false;
  history.begin(record, record && asRead(found), unsent?.changes, unsent?.undone);
  toBeChecked.value = record ? toCheck(record) : [];
  named.value = [];
  reason.value = unsent?.reason ?? "";
  opened.value = { ...found, record };
  started ??= Date.now();
  if (unsent?.changes.length && record && !isOld) say(t("review.restored", { count: unsent.changes.length }));
  focused.value = unsent?.typing?.path ?? nextOpen(null);
  page.value = (record && placeOf(record, focused.value)?.page) || 1;
}

/** Somebody else has changed the document in view: theirs is shown, beside mine where I have changes. */
export async function overtaken(job: Job): Promise<void> {
  const theirs = await newest(job.id);
  const now = opened.value;
  if (!now?.record || now.job.id !== job.id || theirs.revision <= now.record.revision || busy.value) return;
  if (mine.value.length) return void (clash.value = { theirs });
  opened.value = { ...now, record: theirs, read: asRead(now), job };
  toBeChecked.value = [...new Set([...flagged.value, ...toCheck(theirs)])];
  history.begin(theirs, asRead(now));
  issues.value = [...(theirs.issues ?? [])];
  store();
  say(t("review.overtaken"));
}

/** After a clash: lay my changes over the newest record, or let them go. */
export function settle(withMine: boolean): void {
  const found = clash.value;
  const now = opened.value;
  if (!found || !now?.record) return;
  const laid = withMine ? mineOverTheirs.value : [];
  const kept = laid.filter((change) => change !== null);
  clash.value = null;
  typing.value = null;
  editing.value = false;
  opened.value = { ...now, record: found.theirs, read: asRead(now) };
  toBeChecked.value = toCheck(found.theirs);
  history.begin(found.theirs, asRead(now), kept);
  changed();
  if (kept.length < laid.length) say(t("review.rows_gone", { count: laid.length - kept.length }), { bad: true });
}

function changed(): void {
  wrong.value = null;
  store();
  recheck();
}

export function store(): void {
  const now = opened.value;
  if (!now?.record) return;
  keepUnsent(now.job.id, {
    revision: now.record.revision,
    changes: changes.value,
    undone: undone.value,
    ...(typing.value ? { typing: typing.value } : {}),
    ...(reason.value ? { reason: reason.value } : {}),
  });
}

export function change(made: Change): void {
  if (!draft.value) return;
  history.add(made, draft.value);
  changed();
}

export function undo(): void {
  const last = history.undo();
  if (!last) return;
  changed();
  turnTo(last.path);
  say(t("review.undone", { what: labelOf(opened.value?.schema ?? null, last.path) }));
}

export function redo(): void {
  const last = history.redo();
  if (!last) return;
  changed();
  turnTo(last.path);
}

/** Take a value in hand: its place on the page is shown. */
export function turnTo(path: string | null): void {
  focused.value = path;
  const place = draft.value && placeOf(draft.value, path);
  if (place) page.value = place.page;
}

/** The next value to be checked after this one, from the top again at the end; null when nothing is open. */
export function nextOpen(path: string | null): string | null {
  const still = new Set(stillOpen.value);
  const order = [...flagged.value, ...stillOpen.value.filter((one) => !flagged.value.includes(one))];
  const at = path === null ? -1 : order.indexOf(path);
  return [...order.slice(at + 1), ...order.slice(0, at + 1)].find((one) => still.has(one)) ?? null;
}

/** Take what is typed; false, and said why, where the schema does not allow it. */
export function commit(path: string, text: string, citation?: Change["citation"]): boolean {
  const now = draft.value;
  if (!now) return false;
  const found = typed(text, schemaAt(opened.value?.schema, path));
  if (!found.ok) {
    wrong.value = { path, message: found.message };
    return false;
  }
  typing.value = null;
  const before = valueAt(now.data, path) ?? null;
  if (found.value === before && !citation) store();
  else if (found.value === null) change({ op: "clear", path });
  else change({ op: "correct", path, value: found.value, ...(citation ? { citation } : {}) });
  return true;
}

export function confirm(path: string): void {
  if (stillOpen.value.includes(path)) change({ op: "confirm", path });
}

export function take(path: string, number: number): boolean {
  const value = draft.value?.fields[path]?.alternatives[number - 1]?.value;
  if (value === undefined) return false;
  change(value === null ? { op: "clear", path } : { op: "correct", path, value });
  return true;
}

export function insertRow(list: string, at: number): void {
  const schema = schemaAt(opened.value?.schema, `${list}/0`);
  const names = Object.keys((schema.properties ?? {}) as Json);
  change({ op: "insert_row", path: `${list}/${at}`, value: names.length ? Object.fromEntries(names.map((name) => [name, null])) : null });
}

// Rules, as one types

let asking: ReturnType<typeof setTimeout> | undefined;
function recheck(): void {
  clearTimeout(asking);
  asking = setTimeout(() => void check().catch(() => undefined), 250);
}

async function check(): Promise<void> {
  const now = opened.value;
  if (!now?.record || !draft.value) return;
  asked?.abort();
  asked = new AbortController();
  const found = await get<{ issues: Issue[] }>(`/v1/jobs/${now.job.id}/check`, {
    method: "POST",
    body: JSON.stringify({ data: draft.value.data }),
    headers: { "Content-Type": "application/json" },
    signal: asked.signal,
  });
  if (opened.value?.job.id === now.job.id) issues.value = found.issues;
}

// Decisions

/** Send the changes, with a decision or without; true when the service has taken them. */
export async function save(decision?: Decision, more: { reason?: string; sign_off?: boolean } = {}): Promise<boolean> {
  const now = opened.value;
  if (!now?.record || busy.value || clash.value) return false;
  if (!decision && !changes.value.length) return true;
  busy.value = true;
  const sent = changes.value;
  const until = history.mark();
  const order = { revision: now.record.revision, changes: sent, ...(decision ? { decision } : {}), ...more };
  try {
    const record = await sendReview(now.job.id, order, after(now.record, sent, asRead(now)).data);
    forgetUnsent(now.job.id);
    if (opened.value?.job.id === now.job.id && record) {
      toBeChecked.value = sent.reduce(follow, toBeChecked.value);
      named.value = [];
      history.accepted(until);
      if (decision) reason.value = "";
      opened.value = { ...now, record, read: asRead(now), job: { ...now.job, state: record.state as Job["state"] } };
      store();
    }
    if (decision && decision !== "postpone") {
      decided.value += 1;
    }
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await refused(error, now);
    return false;
  } finally {
    busy.value = false;
  }
}

async function refused(error: Problem, now: Opened): Promise<void> {
  if (error.code === "stale_revision") return void (clash.value = { theirs: await newest(now.job.id) });
  const open = error.code === "open_flags" ? (error.facts.open as string[] | undefined) : undefined;
  if (open?.length && now.record) {
    warned.value = true;
    const states = Object.fromEntries(open.map((path): [string, "open"] => [path, "open"]));
    opened.value = { ...now, record: { ...now.record, field_states: { ...now.record.field_states, ...states } } };
    named.value = open;
    turnTo(open[0]!);
  }
  say(error.message, { bad: true });
}

/** The value at a path as it would be saved. */
export function valueOf(path: string): unknown {
  return valueAt(draft.value?.data, path) ?? null;
}
