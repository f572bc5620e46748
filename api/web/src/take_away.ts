// Files that leave the page.
export const FORMATS = ["csv", "xlsx", "parquet", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
