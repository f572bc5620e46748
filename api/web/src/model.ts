// What the page uses of the API's answers, by the names of /openapi.json.
export type State = "queued" | "running" | "done" | "review" | "failed" | "cancelled";
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
export type Job = {
  id: string;
  kind: string;
  kind_version: number;
  state: State;
  filename: string;
  batch: string | null;
  engine: string;
  priority: number;
  attempts: number;
  progress: { pages: number; pages_done: number };
  error: { code: string; message: string | null } | null;
  created_at: string;
  finished_at: string | null;
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
export type Kind = { name: string; version: number; schema_sha256: string; titles?: { en?: string; zh?: string }; schema?: Record<string, unknown> | null };
export type Batch = { name: string; total: number; finished: boolean; states: Record<string, number>; created_at?: string };
export const FINISHED: readonly State[] = ["done", "review", "failed", "cancelled"];
export const STATES: readonly State[] = ["review", "failed", "running", "queued", "done", "cancelled"];
