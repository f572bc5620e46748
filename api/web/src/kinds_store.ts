// Kinds: their names, titles and schemas, fetched once.
import { signal } from "@preact/signals";
import { get, Problem } from "./http";
import type { Kind } from "./model";
import { parts, schemaAt, type Json } from "./review/pointer";
import { language, named } from "./text/i18n";

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

/** What a kind is called in the language of the page: as shipped, else as its schema says, else by its name. */
export function kindTitle(name: string): string {
  const titles = kinds.value.find((kind) => kind.name === name)?.titles;
  return named(`kind.${name}`, titles?.[language.value] ?? titles?.en ?? name);
}

export function titleOf(schema: Json, fallback: string): string {
  const title = language.value === "zh" ? (schema["x-title-zh"] ?? schema.title) : schema.title;
  return typeof title === "string" && title ? title : fallback;
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
