// Between what a person types and what the schema wants.
import { t } from "../text/i18n";
import type { Json } from "./pointer";

export type Typed = { ok: true; value: unknown } | { ok: false; message: string };
const DAY = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/;

export function typeOf(schema: Json): string {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  return typeof type === "string" ? type : "string";
}

/** A value as text, to be read and to be typed over. */
export function textOf(value: unknown): string {
  return value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What was typed, as the schema wants it; nothing typed is null. */
export function typed(text: string, schema: Json): Typed {
  const clean = text.trim();
  if (clean === "") return { ok: true, value: null };
  if (Array.isArray(schema.enum) && !schema.enum.includes(clean)) {
    return { ok: false, message: t("value.enum", { choices: schema.enum.filter((one) => one !== null).join(", ") }) };
  }
  const type = typeOf(schema);
  if (type === "number" || type === "integer") return number(clean, type === "integer");
  if (type === "boolean") return boolean(clean);
  if (schema.format === "date") return day(clean);
  if (typeof schema.pattern === "string" && !matches(schema.pattern, clean)) {
    return { ok: false, message: t("value.pattern", { pattern: schema.pattern }) };
  }
  return { ok: true, value: clean };
}

/** `1,234.50`, `1.234,50`, `12,50`, `1 234` and full-width digits; the last separator with other than three digits behind is the point. */
function number(text: string, whole: boolean): Typed {
  let clean = text.normalize("NFKC").replace(/[\s'’$€£¥元]/g, "").replace(/^−/, "-");
  const comma = clean.lastIndexOf(",");
  const point = clean.lastIndexOf(".");
  const decimal = comma > point && !/^-?\d{1,3}(,\d{3})+$/.test(clean);
  clean = decimal ? clean.replaceAll(".", "").replace(",", ".") : clean.replaceAll(",", "");
  const value = clean === "" ? Number.NaN : Number(clean);
  if (!Number.isFinite(value)) return { ok: false, message: t("value.number") };
  return whole && !Number.isInteger(value) ? { ok: false, message: t("value.integer") } : { ok: true, value };
}

function boolean(text: string): Typed {
  if (/^(true|yes|y|1|是|√)$/i.test(text)) return { ok: true, value: true };
  return /^(false|no|n|0|否|×)$/i.test(text) ? { ok: true, value: false } : { ok: false, message: t("value.boolean") };
}

function day(text: string): Typed {
  const found = DAY.exec(text);
  if (!found) return { ok: false, message: t("value.date") };
  const value = `${found[1]}-${found[2]!.padStart(2, "0")}-${found[3]!.padStart(2, "0")}`;
  const date = new Date(`${value}T00:00:00Z`);
  const real = !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(value);
  return real ? { ok: true, value } : { ok: false, message: t("value.date") };
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true; // a pattern of another dialect: the service judges
  }
}
