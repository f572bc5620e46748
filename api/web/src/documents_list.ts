// The page of the list that is in view, as the service told it and as it changes.
import { batch, signal } from "@preact/signals";
import { get, query } from "./http";
import type { Batch, BatchPage, Job, State } from "./model";
import { go, route } from "./router";

const PAGE = 50;
export const jobs = signal<Job[]>([]);
export const following = signal<string | null>(null);
export const counts = signal<Partial<Record<State, number>>>({});
export const batches = signal<Batch[]>([]);
/** Where the batches go on that are not known yet. */
export const olderBatches = signal<string | null>(null);
export const chosen = signal<ReadonlySet<string>>(new Set());
export const loading = signal(true);
export const erasing = signal(false);
let asked = "";

/** The newest batches, or those that follow; older ones that are known stay as they were. */
export async function loadBatches({ more = false } = {}): Promise<void> {
  const found = await get<BatchPage>(`/v1/batches?${query({ cursor: more ? olderBatches.value : null })}`);
  if (more) batches.value = [...batches.value, ...found.batches];
  else {
    const oldest = found.batches.at(-1)?.created_at ?? "";
    const older = found.next ? batches.value.filter((known) => known.created_at < oldest) : [];
    batches.value = [...found.batches, ...older];
    if (older.length) return; // and what follows them was asked for already
  }
  olderBatches.value = found.next;
}

type Wanted = { q: string; state: string; kind: string; batch: string; since: string; sort: string };

export function wanted(): Wanted {
  const given = route.value.query;
  const of = (name: string) => given.get(name) ?? "";
  return { q: of("q"), state: of("state"), kind: of("kind"), batch: of("batch"), since: of("since"), sort: of("sort") };
}

export function want(changed: Partial<Wanted>): void {
  go(`#/documents?${query({ ...wanted(), ...changed })}`, { replace: true });
}

export async function load({ more = false } = {}): Promise<void> {
  const asking = query({ ...wanted(), limit: PAGE, ...(more ? { cursor: following.value } : {}) });
  asked = asking;
  if (!more && !jobs.value.length) loading.value = true;
  const found = await get<{ jobs: Job[]; next: string | null }>(`/v1/jobs?${asking}`).finally(() => (loading.value = false));
  if (asked !== asking) return; // another filter was chosen meanwhile
  batch(() => {
    jobs.value = more ? [...jobs.value, ...found.jobs] : found.jobs;
    following.value = found.next;
    if (!more) chosen.value = new Set();
  });
}

export async function loadCounts(): Promise<void> {
  const { q, kind, batch: name, since } = wanted();
  const asking = query({ q, kind, batch: name, since });
  const found = await get<{ states: Record<State, number> }>(`/v1/counts?${asking}`);
  const now = wanted();
  if (asking !== query({ q: now.q, kind: now.kind, batch: now.batch, since: now.since })) return;
  counts.value = found.states;
}

let counting: ReturnType<typeof setTimeout> | undefined;
export function countSoon(): void {
  clearTimeout(counting);
  counting = setTimeout(() => void loadCounts().catch(() => undefined), 600);
}

export function heard(job: Job): void {
  countSoon();
  const at = jobs.value.findIndex((known) => known.id === job.id);
  if (at >= 0) {
    jobs.value = jobs.value.with(at, { ...job, review: job.review ?? jobs.value[at]!.review });
    return;
  }
  const { q, state, kind, batch: name, since, sort } = wanted();
  const belongs = !q && !since && sort !== "confidence" && (!state || state.split(",").includes(job.state)) && (!kind || kind === job.kind) && (!name || name === job.batch);
  if (belongs) jobs.value = [job, ...jobs.value].sort((one, other) => other.created_at.localeCompare(one.created_at));
}
