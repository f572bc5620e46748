// Documents under review as they are fetched, also ahead of their turn; what of them is to be checked, and where it stands.
import { get } from "../http";
import { schemaOf } from "../kinds_store";
import { FINISHED, type Job, type ReviewRecord } from "../model";
import { open } from "./edits";
import { linesOf, picture, union } from "./pages";
import type { Json } from "./pointer";

/** `read` is the record as it was read, where people have changed it since. */
export type Opened = { job: Job; record: ReviewRecord | null; schema: Json | null; read?: ReviewRecord };

/** What a value goes back to. */
export function asRead({ record, read }: Opened): ReviewRecord {
  return (read ?? record)!;
}

const fetched = new Map<string, Promise<Opened>>();

/** Fetch a document and its first page; what was fetched ahead is taken. */
export function load(id: string): Promise<Opened> {
  const known = fetched.get(id) ?? fetchDocument(id);
  fetched.delete(id);
  return known;
}

/** What could not be fetched ahead is fetched when it is opened, and said there. */
export function fetchEarly(id: string): void {
  const coming = fetchDocument(id);
  fetched.set(id, coming);
  coming.catch(() => fetched.delete(id));
}

async function fetchDocument(id: string): Promise<Opened> {
  const job = await get<Job>(`/v1/jobs/${id}`);
  if (!FINISHED.includes(job.state) || job.state === "cancelled") return { job, record: null, schema: null };
  const [record, schema] = await Promise.all([get<ReviewRecord>(`/v1/jobs/${id}/record`), schemaOf(job.kind)]);
  if (job.state !== "failed") {
    const first = placeOf(record, toCheck(record)[0])?.page ?? 1;
    void picture(id, first).catch(() => undefined);
    void linesOf(id, first).catch(() => undefined);
  }
  if (!record.revision || job.state === "failed") return { job, record, schema };
  return { job, record, schema, read: await get<ReviewRecord>(`/v1/jobs/${id}/record?revision=0`) };
}

/** The record as it stands, whatever the browser remembers. */
export function newest(job: string): Promise<ReviewRecord> {
  return get<ReviewRecord>(`/v1/jobs/${job}/record`, { cache: "no-store" });
}

export function toCheck(record: ReviewRecord): string[] {
  const order = new Map(Object.keys(record.fields).map((path, index) => [path, index]));
  return open(record).sort((one, other) => (order.get(one) ?? 1e9) - (order.get(other) ?? 1e9));
}

export function placeOf(record: Pick<ReviewRecord, "fields">, path: string | null | undefined) {
  const places = (typeof path === "string" && record.fields[path]?.citations) || [];
  const first = places[0];
  return first ? { page: first.page, box: union(places.filter((one) => one.page === first.page).map((one) => one.box)) } : null;
}
