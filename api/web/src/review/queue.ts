// The queue of documents to review: the one that needs a person most, and the one after it, both leased.
import { signal } from "@preact/signals";
import { ask, send } from "../http";
import type { Loan } from "../model";
import { fetchEarly } from "./fetched";
import { decided, opened } from "./session";


export const queue = signal<{ position: number; waiting: number } | null>(null);
let lease: { job: string; token: string } | null = null;
let leaseAhead: { job: string; token: string } | null = null;
let ahead: Promise<Loan | null> | null = null;
/** What was decided before this walk began. */
let begun = 0;

/** Places are counted from the first document of this walk: what was decided in it stands before those that wait. */
async function askNext(filter: { kind?: string; batch?: string }, last?: string): Promise<Loan | null> {
  const { kind, batch } = filter;
  const before = decided.value - begun;
  const found = await send<Loan>("POST", "/v1/reviews/next", { kind: kind || undefined, batch: batch || undefined, after: last });
  return found && { ...found, position: before + found.position, waiting: before + found.waiting };
}

export async function lead(filter: { kind?: string; batch?: string }, after_?: string): Promise<Loan | null> {
  const found = await (ahead ?? askNext(filter, after_));
  ahead = null;
  leaseAhead = null;
  if (found) {
    lease = { job: found.job.id, token: found.lease.token };
    queue.value = { position: found.position, waiting: found.waiting };
  } else queue.value = null;
  return found;
}

/** Lease and fetch the document after this one. */
export function fetchAhead(filter: { kind?: string; batch?: string }): void {
  const now = opened.value?.job.id;
  if (!now || ahead) return;
  const asked = askNext(filter, now);
  ahead = asked;
  asked.then(
    (next) => {
      if (!next) return;
      const held = { job: next.job.id, token: next.lease.token };
      if (ahead !== asked) return void letGo(held).catch(() => undefined); // the page was left meanwhile
      leaseAhead = held;
      if (next.job.id !== now) fetchEarly(next.job.id);
    },
    () => {
      if (ahead === asked) ahead = null; // it is asked for again when it is wanted
    },
  );
}

export function renewing(): () => void {
  const timer = setInterval(() => {
    if (lease) void send("POST", `/v1/reviews/${lease.job}/renew`, { token: lease.token }).catch(() => undefined);
    void ahead?.then((next) => next && send("POST", `/v1/reviews/${next.job.id}/renew`, { token: next.lease.token })).catch(() => undefined);
  }, 45_000);
  return () => clearInterval(timer);
}

/** Kept alive, since it is also said while the page is being left. */
function letGo(held: { job: string; token: string }): Promise<unknown> {
  return ask(`/v1/reviews/${held.job}/release`, {
    method: "POST",
    keepalive: true,
    body: JSON.stringify({ token: held.token }),
    headers: { "Content-Type": "application/json" },
  });
}

/** Let go of what is leased, so that others get it. */
export function release(): void {
  for (const held of [lease, leaseAhead]) {
    if (held) void letGo(held).catch(() => undefined);
  }
  lease = leaseAhead = null;
  ahead = null;
  begun = decided.value;
  queue.value = null;
}
