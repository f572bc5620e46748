// Changes as they happen: server-sent events by fetch, since EventSource cannot send a key.
import { ask, pause } from "./http";
import type { Job } from "./model";

type Listener = (job: Job) => void;
const listeners = new Set<Listener>();
const returns = new Set<() => void>();
let last = "";

/** Hear of every change of a job; the function that is returned ends it. */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hear when the stream stands again after a break. */
export function onReturn(listener: () => void): () => void {
  returns.add(listener);
  return () => returns.delete(listener);
}

export async function follow(): Promise<never> {
  let broken = false;
  for (;;) {
    try {
      const answer = await ask("/v1/events", { headers: last ? { "Last-Event-ID": last } : {} });
      if (broken) returns.forEach((listener) => listener());
      broken = false;
      await drain(answer.body!.pipeThrough(new TextDecoderStream()).getReader());
    } catch {
      // said by the banner; tried again below
    }
    broken = true;
    await pause(2000);
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop() ?? "";
    events.forEach(hear);
  }
}

function hear(event: string): void {
  const fields = new Map(event.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]));
  last = fields.get("id") ?? last;
  const data = fields.get("data");
  if (data) listeners.forEach((listener) => listener(JSON.parse(data) as Job));
}
