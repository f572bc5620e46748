// Reads the sample with a kind that is not defined yet, and forgets that reading.
import { ask, get, problemOf } from "../http";
import { FINISHED, type Job, type ReviewRecord } from "../model";
import type { Json } from "../review/pointer";

/** What is read of the document of `job` by this schema; throws a Problem. */
export async function attempt(job: Job, schema: Json): Promise<Pick<ReviewRecord, "data" | "fields" | "issues">> {
  const source = await (await ask(`/v1/jobs/${job.id}/source`)).blob();
  const form = new FormData();
  form.append("files", source, job.filename);
  form.append("schema", JSON.stringify(schema));
  const answer = await ask("/v1/jobs", { method: "POST", body: form });
  const isNew = answer.status === 202;
  let made = ((await answer.json()) as { jobs: Job[] }).jobs[0]!;
  while (!FINISHED.includes(made.state)) made = await get<Job>(`/v1/jobs/${made.id}?wait=30`);
  const found = await ask(`/v1/jobs/${made.id}/record`);
  if (found.status === 202) throw await problemOf(found);
  const record = (await found.json()) as ReviewRecord;
  if (isNew) await ask(`/v1/jobs/${made.id}`, { method: "DELETE" }).catch(() => undefined); // who may not erase keeps it in the list
  return record;
}
