// Files that leave the page: records as a table for spreadsheets.
import { leaves } from "./review/pointer";
import { textOf } from "./review/values";

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A row per record, a column per value; with the byte order mark that spreadsheets need. */
export function table(records: readonly Record<string, unknown>[]): string {
  const rows = records.map((record) => new Map<string, unknown>([
    ["job_id", record.job_id],
    ["filename", (record.provenance as Record<string, unknown> | undefined)?.filename],
    ["state", record.state],
    ...[...leaves(record.data)].map(([path, value]): [string, unknown] => [path.slice(1).replaceAll("/", "."), value]),
  ]));
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row.get(column)))];
  return `\uFEFF${lines.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Text that a spreadsheet would run as a formula is marked as text (OWASP, CSV injection). */
function cell(value: unknown): string {
  const text = textOf(value);
  const harmless = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
