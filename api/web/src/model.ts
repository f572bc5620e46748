// What the page uses of the API's answers: the types of /openapi.json by the names that the page has for them.
import type { components } from "../openapi";

export type Schemas = components["schemas"];
export type State = Schemas["JobState"];
export type Evidence = Schemas["Evidence"];
export type Issue = Schemas["Issue"];
/** A job of a list, with what review knows of it. */
export type Job = Schemas["JobView"];
export type Box = Schemas["Citation"]["box"];
/** A record with the states of its values; the service always sends its fields. */
export type ReviewRecord = Schemas["RecordView"] & Required<Pick<Schemas["RecordView"], "fields">>;
export type FieldState = ReviewRecord["field_states"][string];
/** A change of a record; `path` is a JSON Pointer into the data as it stands when the change is made. */
export type Change = Schemas["Change"];
export type Line = Schemas["LineView"];
export type Kind = Schemas["KindView"];
export type Batch = Schemas["BatchView"];
export type Engine = Schemas["EngineView"];
export type BatchPage = Schemas["BatchPage"];
export type Loan = Schemas["LoanView"];
export type Ticket = Schemas["UploadTicket"];
export type Key = Schemas["KeyView"];
export type KeyMade = Schemas["KeyMade"];
export type Scope = Schemas["Scope"];
export type KindVersion = Schemas["KindVersionView"];
export type Session = Schemas["SessionView"];
export const FINISHED: readonly State[] = ["done", "review", "failed", "cancelled"];
export const STATES: readonly State[] = ["review", "failed", "running", "queued", "done", "cancelled"];
