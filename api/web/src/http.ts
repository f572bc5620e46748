// Talks with the API: the key, errors in the words of the service, and whether it can be reached at all.
import { signal } from "@preact/signals";
import type { Session } from "./model";
import { t, told } from "./text/i18n";

/** The service cannot be reached. */
export const offline = signal(false);
/** The session is over, or there was none: a key is asked for, and nothing typed is lost. */
export const keyWanted = signal(false);
/** As whom this browser asks; the cookie of the session itself is out of reach of scripts. */
export const session = signal<Session | null>(null);

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** What goes with every request: that it is meant, where there is a session. */
export function headers(): Record<string, string> {
  const token = session.value?.csrf_token;
  return token ? { "X-CSRF-Token": token } : {};
}

let waiting: (() => void)[] = [];
let signIns = 0;

/** Begin a session by a key or by the secret of a link; throws a Problem. */
export async function signIn(secret: { key: string } | { link: string }): Promise<void> {
  const answer = await reach("/v1/session", { method: "POST", body: JSON.stringify(secret), headers: { "Content-Type": "application/json" } });
  if (!answer.ok) throw await problemOf(answer);
  session.value = (await answer.json()) as Session;
  signIns += 1;
  keyWanted.value = false;
  waiting.forEach((resume) => resume());
  waiting = [];
}

/** See whether there is a session already, so that what follows can carry its token. */
export async function recognise(): Promise<void> {
  const answer = await reach("/v1/session", {}).catch(() => null);
  if (answer?.ok) session.value = (await answer.json()) as Session;
}

export async function signOut(): Promise<void> {
  await ask("/v1/session", { method: "DELETE" });
  location.reload();
}

/** Ask the API; waits for a key where one is missing, and throws a Problem otherwise. */
export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  let renewed = false;
  for (;;) {
    const before = signIns;
    const answer = await reach(path, { ...options, headers: { ...options.headers, ...headers() } });
    if (answer.ok || answer.status === 304) return answer;
    const problem = await problemOf(answer);
    if (problem.code === "csrf_refused" && !renewed) {
      renewed = true; // another tab has signed in anew
      await recognise();
    } else if (answer.status !== 401) throw problem;
    else if (before === signIns) await signedIn(); // else it was asked before somebody signed in, and is asked again
  }
}

/** Until somebody has signed in. */
export function signedIn(): Promise<void> {
  keyWanted.value = true;
  return new Promise((resume) => waiting.push(resume));
}

async function reach(path: string, options: RequestInit): Promise<Response> {
  try {
    const answer = await fetch(path, options);
    offline.value = false;
    return answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    offline.value = true;
    void watchForReturn();
    throw new Problem(0, "offline", t("offline"));
  }
}

let watching = false;
async function watchForReturn(): Promise<void> {
  if (watching) return;
  watching = true;
  while (offline.value) {
    await pause(1500);
    const back = await fetch("/livez").then((answer) => answer.ok, () => false);
    if (back) offline.value = false;
  }
  watching = false;
}

export async function problemOf(answer: Response): Promise<Problem> {
  const found: unknown = await answer.json().catch(() => ({}));
  const facts = (found ?? {}) as Record<string, unknown>;
  const code = String(facts.code ?? answer.status);
  const message = typeof facts.detail === "string" ? told({ code, message: facts.detail }) : t("answered", { status: answer.status });
  return new Problem(answer.status, code, message, facts);
}

export async function get<T>(path: string, options: RequestInit = {}): Promise<T> {
  return (await (await ask(path, options)).json()) as T;
}

export async function send<T>(method: string, path: string, body?: unknown): Promise<T | null> {
  const answer = await ask(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  return answer.status === 204 ? null : ((await answer.json()) as T);
}

const MOST_LOST = 5; // times in a row that something is sent while the service answers otherwise

/** Send something, again when the service can be reached again; `lost` is told the first time that it cannot. */
export async function sendWhenBack<T>(path: string, body: unknown, lost: () => void): Promise<T | null> {
  for (let times = 0; ; times++) {
    try {
      return await send<T>("POST", path, body);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "offline" || times === MOST_LOST) throw error;
      if (!times) lost();
      while (offline.value) await pause(300);
    }
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}

export function query(values: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}
