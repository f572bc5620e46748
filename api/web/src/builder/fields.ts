// A kind that is being built: its fields, each from words of a sample, and the JSON Schema they make.
import { computed, effect, signal } from "@preact/signals";
import { forget, keep, kept } from "../kept";
import type { Line } from "../model";
import { letters, union, type Word } from "../review/pages";
import type { Json } from "../review/pointer";

export const TYPES = ["string", "number", "integer", "date", "boolean"] as const;
export type Type = (typeof TYPES)[number];
/** A field, or a list with columns; `place` is where its sample stands. */
export type Field = {
  id: number;
  name: string;
  title: string;
  type: Type;
  description: string;
  label: string;
  sample: string;
  place: { page: number; box: number[] } | null;
  columns: Field[] | null;
};

export const fields = signal<Field[]>([]);
export const kindName = signal("");
export const kindTitle = signal("");
/** The list that words are taken into as columns; null takes them as fields of their own. */
export const intoList = signal<number | null>(null);
type Built = { fields: Field[]; name: string; title: string };
type Chunk = Word & { letters: Word[] };
const WIDE_GAP = 1.6; // widths of a letter
let number = 0;
let sample = "";

/** Begin with a sample; what was built from it before is there again. */
export function begin(job: string): void {
  sample = "";
  const before = kept<Built>(`builder:${job}`);
  fields.value = before?.fields ?? [];
  kindName.value = before?.name ?? "";
  kindTitle.value = before?.title ?? "";
  intoList.value = null;
  number = Math.max(0, ...fields.value.flatMap((field) => [field.id, ...(field.columns ?? []).map(({ id }) => id)]));
  sample = job;
}

effect(() => {
  const built: Built = { fields: fields.value, name: kindName.value, title: kindTitle.value };
  if (sample && fields.value.length) keep(`builder:${sample}`, built);
  else if (sample) forget(`builder:${sample}`);
});

/** The kind is defined: nothing of it is unsent. */
export function sent(): void {
  forget(`builder:${sample}`);
}

/** A new field of its own or, while a list takes them, of that list; its id. */
export function add(found: { word: Word; page: number; lines: readonly Line[] } | null): number {
  const list = fields.value.find(({ id }) => id === intoList.value) ?? null;
  const label = found ? labelOf(found.lines, found.word.box, list !== null) : "";
  const beside = list?.columns ?? fields.value;
  const made: Field = {
    id: ++number,
    name: unused(nameOf(label), beside),
    title: label,
    type: found ? typeOf(found.word.text) : "string",
    description: "",
    label,
    sample: found?.word.text ?? "",
    place: found && { page: found.page, box: found.word.box },
    columns: null,
  };
  if (list) change(list.id, { columns: [...(list.columns ?? []), made] });
  else fields.value = [...fields.value, made];
  return made.id;
}

/** A new list, into which the next words are taken; its id. */
export function addList(): number {
  const id = ++number;
  const name = unused("items", fields.value);
  fields.value = [...fields.value, { id, name, title: "", type: "string", description: "", label: "", sample: "", place: null, columns: [] }];
  intoList.value = id;
  return id;
}

export function change(id: number, changed: Partial<Field>): void {
  const changedIn = (some: Field[]): Field[] =>
    some.map((field) => (field.id === id ? { ...field, ...changed } : { ...field, columns: field.columns && changedIn(field.columns) }));
  fields.value = changedIn(fields.value);
}

export function remove(id: number): void {
  const without = (some: Field[]): Field[] => some.filter((field) => field.id !== id).map((field) => ({ ...field, columns: field.columns && without(field.columns) }));
  fields.value = without(fields.value);
  if (intoList.value === id) intoList.value = null;
}

export const schema = computed<Json>(() => ({ type: "object", ...(kindTitle.value.trim() ? { title: kindTitle.value.trim() } : {}), properties: propertiesOf(fields.value) }));

/** Whether every field has a name that no other beside it has. */
export const isNamed = computed(() => [fields.value, ...fields.value.map(({ columns }) => columns ?? [])].every((some) => some.every(({ name }) => name.trim()) && new Set(some.map(({ name }) => name)).size === some.length));

function propertiesOf(some: readonly Field[]): Json {
  return Object.fromEntries(some.map((field) => [field.name, schemaOf(field)]));
}

function schemaOf({ title, type, description, label, columns }: Field): Json {
  const told = { ...(title.trim() ? { title: title.trim() } : {}), ...(description.trim() ? { description: description.trim() } : {}) };
  if (columns) return { type: "array", ...told, items: { type: "object", properties: propertiesOf(columns) } };
  const labels = label.trim() ? { "x-labels": [label.trim()] } : {};
  return { type: [type === "date" ? "string" : type, "null"], ...(type === "date" ? { format: "date" } : {}), ...told, ...labels };
}

/** A name that no field beside it has. */
function unused(name: string, beside: readonly Field[]): string {
  const taken = new Set(beside.map((field) => field.name));
  for (let at = 1; ; at++) {
    const found = at === 1 ? name : `${name}_${at}`;
    if (!taken.has(found)) return found;
  }
}

function nameOf(label: string): string {
  const plain = label.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_\d]+|_+$/g, "").slice(0, 40);
  return plain || "field";
}

/** What a printed text seems to be. */
export function typeOf(text: string): Type {
  const clean = text.trim();
  if (/^(\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|\d{1,2}\.?\s+\p{L}{3,}\.?\s+\d{4}|\p{L}{3,}\.?\s+\d{1,2},?\s+\d{4})$/u.test(clean)) return "date";
  if (/^[-+−]?[$€£¥￥]?\s?\d{1,3}([,.' ]\d{3})*[.,]\d{1,3}\s?[$€£¥元%]?$|^[$€£¥￥]\s?\d+$|^\d+\s?[$€£¥元%]$/.test(clean)) return "number";
  return "string";
}

/** The label that goes with a place: what stands before it in its line or row, else above it; of a column, above it. */
export function labelOf(lines: readonly Line[], box: readonly number[], inColumn: boolean): string {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box;
  const all = lines.flatMap(chunks);
  const left = beforeIn(all, box) || nearest(all, ([, top = 0, end = 0, bottom = 0]) => (end <= x0 + 0.005 && shared(top, bottom, y0, y1) > 0.5 ? x0 - end : null));
  const above = nearest(all, ([start = 0, , end = 0, bottom = 0], text) => (bottom <= y0 + 0.005 && shared(start, end, x0, x1) > 0.3 && !(inColumn && /\d/.test(text)) ? y0 - bottom : null));
  return inColumn ? above || left : left || above;
}

/** A line in pieces between wide gaps: cells of a table may be one line. */
function chunks(line: Line): Chunk[] {
  const all = letters(line);
  const printed = all.filter(({ text }) => text.trim());
  const wide = (WIDE_GAP * printed.reduce((sum, { box: [x0 = 0, , x1 = 0] }) => sum + x1 - x0, 0)) / Math.max(1, printed.length);
  const pieces: Word[][] = [[]];
  for (const letter of all) {
    const [x0 = 0, , x1 = 0] = letter.box;
    if (!letter.text.trim() && x1 - x0 > wide) pieces.push([]);
    else pieces.at(-1)!.push(letter);
  }
  return pieces.filter((piece) => piece.some(({ text }) => text.trim())).map((piece) => ({ letters: piece, text: piece.map(({ text }) => text).join(""), box: union(piece.map(({ box }) => box)) }));
}

function beforeIn(all: readonly Chunk[], [x0 = 0, y0 = 0, , y1 = 0]: readonly number[]): string {
  const own = all.find(({ box: [start = 0, top = 0, end = 0, bottom = 0] }) => shared(top, bottom, y0, y1) > 0.5 && start < x0 - 0.001 && end > x0 + 0.001);
  return own ? trimmed(own.letters.filter(({ box: [, , end = 0] }) => end <= x0 + 0.001).map(({ text }) => text).join("")) : "";
}

function nearest(all: readonly Chunk[], distance: (box: number[], text: string) => number | null): string {
  let best: { text: string; far: number } | null = null;
  for (const { text, box } of all) {
    const far = distance(box, text);
    if (far !== null && trimmed(text) && (!best || far < best.far)) best = { text: trimmed(text), far };
  }
  return best?.text ?? "";
}

/** The part of the shorter of two stretches that they share. */
function shared(a: number, b: number, c: number, d: number): number {
  return (Math.min(b, d) - Math.max(a, c)) / Math.max(1e-6, Math.min(b - a, d - c));
}

function trimmed(text: string): string {
  return text.trim().replace(/[\s:：.·…#＃-]+$/u, "").slice(-60).trim();
}
