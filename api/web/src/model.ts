// What the API says, by the names of its own document (schema.d.ts is made from /openapi.json).
import type { components } from "./schema";

type Schemas = components["schemas"];
export type State = Schemas["JobState"];
export type Citation = { page: number; box: number[]; text?: string };
export type Evidence = {
  confidence: number;
  origin?: string;
  citations: Citation[];
  alternatives: { value: unknown; confidence: number }[];
};
export type Issue = { code: string; severity?: string; path: string; message: string };
export type FieldState = "open" | "sure" | "confirmed" | "corrected";

/** A job of a list, with what review knows of it. */
export type Job = Schemas["JobView"] & {
  review?: { open: number; weakest: { path: string; confidence: number } | null; reasons: string[] } | null;
};

/** A record with the states of its values. */
export type ReviewRecord = {
  job_id: string;
  kind: string;
  state: string;
  data: Record<string, unknown> | null;
  fields: Record<string, Evidence>;
  issues: Issue[];
  revision: number;
  field_states: Record<string, FieldState>;
  review_reasons: { path: string; code: string; message: string }[];
};

/** A change of a record; `path` is a JSON Pointer into the data as it stands when the change is made. */
export type Change = {
  op: "confirm" | "correct" | "clear" | "restore" | "insert_row" | "remove_row" | "move_row";
  path: string;
  value?: unknown;
  citation?: { page: number; box: number[]; text?: string };
  to?: number;
};

export type Line = { text: string; box: number[]; edges: number[] };
export type Kind = Schemas["KindView"];
export type Batch = Schemas["BatchView"] & { created_at?: string };
export const FINISHED: readonly State[] = ["done", "review", "failed", "cancelled"];
export const STATES: readonly State[] = ["review", "failed", "running", "queued", "done", "cancelled"];
