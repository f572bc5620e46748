// Kinds: their names, titles and schemas, fetched once.
import { signal } from "@preact/signals";
import { get, Problem } from "./http";
import type { Kind } from "./model";
import { parts, schemaAt, type Json } from "./review/pointer";
import { language, t } from "./text/i18n";

export const AUTO = "auto"; // for a kind: the one that the words of a document tell
export const kinds = signal<Kind[]>([]);
const schemas = new Map<string, Promise<Json | null>>();

export async function loadKinds(): Promise<void> {
  const found = await get<Kind[]>("/v1/kinds");
  kinds.value = found.sort((one, other) => one.name.localeCompare(other.name));
}

/** The schema of a kind; null where there is no such kind any more. */
export function schemaOf(kind: string): Promise<Json | null> {
  const known = schemas.get(kind) ?? get<Kind>(`/v1/kinds/${encodeURIComponent(kind)}`).then(
    (found) => (found.schema as Json) ?? null,
    (error: unknown) => {
      if (!(error instanceof Problem) || error.status !== 404) schemas.delete(kind); // it is asked for again
      return null;
    },
  );
  schemas.set(kind, known);
  return known;
}

export function forgetSchema(kind: string): void {
  schemas.delete(kind);
}

/** What a kind is called in the language of the page, as its schema says, else its name. */
export function kindTitle(name: string): string {
  const titles = kinds.value.find((kind) => kind.name === name)?.titles;
  return name === AUTO ? t("kind.auto") : titles?.[language.value] ?? titles?.en ?? name;
}

export function titleOf(schema: Json, fallback: string): string {
  return said(schema, "title") || fallback;
}

/** What a schema or a field of it means, in the language of the page. */
export function meaningOf(schema: Json): string {
  return said(schema, "description");
}

function said(schema: Json, what: "title" | "description"): string {
  const text = (language.value === "zh" && schema[`x-${what}-zh`]) || schema[what];
  return typeof text === "string" ? text : "";
}

/** `Items › 2 › Unit price` for `/items/1/unit_price`, rows counted from 1; of all rows, `/items/*`, without one. */
export function labelOf(root: Json | null, at: string): string {
  const names = parts(at);
  return names
    .flatMap((name, index) => {
      if (name === "*") return [];
      const here = `/${names.slice(0, index + 1).map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
      return /^\d+$/.test(name) ? String(Number(name) + 1) : titleOf(schemaAt(root, here), name.replaceAll("_", " "));
    })
    .join(" › ");
}
