// Files on their way to the service: three at a time, each with a bar and a verdict of its own.
import { signal, type Signal } from "@preact/signals";
import { headers, offline, pause, problemOf, signedIn } from "./http";
import type { Job } from "./model";
import { t } from "./text/i18n";

export type Verdict = "waiting" | "sending" | "sent" | "known" | "refused" | "held";
export type Item = {
  number: number;
  file: File;
  name: string;
  kind: string;
  batch: string;
  share: Signal<number>;
  verdict: Signal<Verdict>;
  reason: Signal<string>;
  job: Signal<Job | null>;
};

export const items = signal<Item[]>([]);
export const kind = signal(localStorage.getItem("kind") ?? "receipt");
export const batchName = signal("");
const AT_ONCE = 3;
let sending = 0;
let number = 0;

/** The batch's name as the API allows it. */
export function allowed(name: string): string {
  return name.trim().replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[._-]+/, "");
}

/** A name for what is sent now: the minute. */
function minute(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}_${two(now.getHours())}.${two(now.getMinutes())}`;
}

export function add(files: readonly File[]): void {
  const batch = allowed(batchName.value) || minute();
  const made = files.map((file) => ({
    number: ++number,
    file,
    name: file.webkitRelativePath || file.name,
    kind: kind.value,
    batch,
    share: signal(0),
    verdict: signal<Verdict>("waiting"),
    reason: signal(""),
    job: signal<Job | null>(null),
  }));
  items.value = [...items.value, ...made];
  pump();
}

export function retry(item: Item): void {
  item.verdict.value = "waiting";
  item.reason.value = "";
  pump();
}

function pump(): void {
  for (const item of items.value) {
    if (sending >= AT_ONCE) return;
    if (item.verdict.value !== "waiting") continue;
    item.verdict.value = "sending";
    sending += 1;
    void deliver(item).finally(() => {
      sending -= 1;
      pump();
    });
  }
}

/** Send until there is a verdict: what the connection lost is sent again when it is back. */
async function deliver(item: Item): Promise<void> {
  for (;;) {
    const answer = await post(item);
    if (answer === null) {
      item.verdict.value = "held";
      offline.value = true;
      while (!(await fetch("/livez").then((found) => found.ok, () => false))) await pause(1500);
      offline.value = false;
      item.verdict.value = "sending";
    } else if (answer.status === 401) {
      await signedIn();
    } else if (answer.status === 429 || answer.status === 503) {
      await pause(1000 * Number(answer.headers.get("Retry-After") ?? 2));
    } else return judge(item, answer);
  }
}

async function judge(item: Item, answer: Response): Promise<void> {
  if (!answer.ok) {
    item.reason.value = (await problemOf(answer)).message;
    item.verdict.value = "refused";
    return;
  }
  const taken = (await answer.json()) as { jobs: Job[]; rejected: { detail: string }[] };
  item.job.value = taken.jobs[0] ?? null;
  item.reason.value = taken.rejected[0]?.detail ?? "";
  item.verdict.value = taken.jobs.length === 0 ? "refused" : answer.status === 200 ? "known" : "sent";
}

/** XMLHttpRequest, since fetch tells no progress of what it sends; null when the connection was lost. */
function post(item: Item): Promise<Response | null> {
  const form = new FormData();
  form.append("files", item.file, item.file.name);
  form.append("kind", item.kind);
  form.append("batch", item.batch);
  const request = new XMLHttpRequest();
  return new Promise((answered) => {
    request.upload.onprogress = ({ loaded, total }) => (item.share.value = total ? loaded / total : 0);
    request.onerror = request.onabort = () => answered(null);
    request.onload = () => {
      const retryAfter = request.getResponseHeader("Retry-After");
      answered(new Response(request.responseText, { status: request.status, headers: retryAfter ? { "Retry-After": retryAfter } : {} }));
    };
    request.open("POST", "/v1/jobs");
    Object.entries(headers()).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.send(form);
  });
}

/** The files of a drop, those of folders with them. */
export async function dropped(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) return [...data.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) return [await new Promise<File>((found, failed) => (entry as FileSystemFileEntry).file(found, failed))];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: File[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((found, failed) => reader.readEntries(found, failed));
    if (!some.length) return all;
    for (const one of some) all.push(...(await filesOf(one)));
  }
}

/** What became of a file, in words. */
export function said(item: Item): string {
  const verdict = item.verdict.value;
  return verdict === "refused" ? item.reason.value : t(`send.${verdict}`);
}
