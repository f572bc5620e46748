// Files on their way to the service: three at a time, each with a bar and a verdict of its own.
import { signal, type Signal } from "@preact/signals";
import { offline, pause, problemOf, signedIn } from "./http";
import { AUTO } from "./kinds_store";
import type { Job } from "./model";
import { upload } from "./send_upload";
import { t, told } from "./text/i18n";

export type Verdict = "waiting" | "sending" | "sent" | "known" | "refused" | "held";
export type Item = {
  number: number;
  file: File;
  name: string;
  kind: string;
  batch: string;
  engine: string;
  share: Signal<number>;
  verdict: Signal<Verdict>;
  reason: Signal<string>;
  job: Signal<Job | null>;
  /** Where it lies in the store, once it does; how often it was lost on the way there. */
  source: string | null;
  losses: number;
};

export const items = signal<Item[]>([]);
export const kind = signal(localStorage.getItem("kind") ?? AUTO);
export const engine = signal(""); // the one that is set
export const batchName = signal("");
const UNSENT: readonly Verdict[] = ["waiting", "sending", "held"];
const AT_ONCE = 3;
const MOST_LOST = 5; // times in a row, while the service answers otherwise
const FIRST_REST = 500; // milliseconds
const LONGEST_REST = 15_000;
let sending = 0;
let number = 0;

/** The batch's name as the API allows it. */
export function allowed(name: string): string {
  return name.trim().replace(/[^\p{L}\p{M}\p{Nd}_.-]+/gu, "-").replace(/^[._-]+/, "");
}

/** A name for what is sent now: the minute. */
function minute(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}_${two(now.getHours())}.${two(now.getMinutes())}`;
}

export function add(files: readonly File[], as: { kind: string } = { kind: kind.value }): void {
  const batch = allowed(batchName.value) || minute();
  const made = files.map((file) => ({
    number: ++number,
    file,
    name: file.webkitRelativePath || file.name,
    kind: as.kind,
    batch,
    engine: engine.value,
    share: signal(0),
    verdict: signal<Verdict>("waiting"),
    reason: signal(""),
    job: signal<Job | null>(null),
    source: null,
    losses: 0,
  }));
  items.value = [...items.value, ...made];
  pump();
}

export function retry(item: Item): void {
  item.verdict.value = "waiting";
  item.reason.value = "";
  pump();
}

/** The browser asks before it drops what is not sent yet, since files do not come back by themselves. */
addEventListener("beforeunload", (event) => {
  if (items.value.some(({ verdict }) => UNSENT.includes(verdict.value))) event.preventDefault();
});

function pump(): void {
  for (const item of items.value) {
    if (sending >= AT_ONCE) return;
    if (item.verdict.value !== "waiting") continue;
    item.verdict.value = "sending";
    sending += 1;
    void deliver(item)
      .catch((error: unknown) => {
        item.reason.value = String(error); // an answer that is none of the service's
        item.verdict.value = "refused";
      })
      .finally(() => {
        sending -= 1;
        pump();
      });
  }
}

/** Send until there is a verdict: what the connection lost is sent again when it is back. */
async function deliver(item: Item): Promise<void> {
  for (let lost = 0; ; ) {
    const answer = await upload(item);
    if (answer === null) {
      item.verdict.value = "held";
      lost = (await lives()) ? lost + 1 : await cutOff();
      if (lost > MOST_LOST) {
        item.reason.value = t("send.lost");
        item.verdict.value = "refused";
        return;
      }
      await rest(FIRST_REST * 2 ** lost);
      item.verdict.value = "sending";
    } else if (answer.status === 401) {
      await signedIn();
    } else if (answer.status === 429 || answer.status === 503) {
      await pause(1000 * (Number(answer.headers.get("Retry-After")) || 2));
    } else return judge(item, answer);
  }
}

function lives(): Promise<boolean> {
  return fetch("/livez").then((found) => found.ok, () => false);
}

/** Until the service answers again; no loss counts that it is not there to see. */
async function cutOff(): Promise<0> {
  offline.value = true;
  for (let wait = FIRST_REST; !(await lives()); wait = Math.min(2 * wait, LONGEST_REST)) await rest(wait);
  offline.value = false;
  return 0;
}

/** Wait, but no longer than until the browser says that the network is back. */
async function rest(milliseconds: number): Promise<void> {
  const ends = new AbortController();
  const back = new Promise<void>((resume) => addEventListener("online", () => resume(), { once: true, signal: ends.signal }));
  await Promise.race([back, pause(milliseconds)]);
  ends.abort();
}

async function judge(item: Item, answer: Response): Promise<void> {
  if (!answer.ok) {
    item.reason.value = (await problemOf(answer)).message;
    item.verdict.value = "refused";
    return;
  }
  const taken = (await answer.json()) as { jobs: Job[]; rejected: { code: string; detail: string }[] };
  const refused = taken.rejected[0];
  item.job.value = taken.jobs[0] ?? null;
  item.reason.value = refused ? told({ code: refused.code, message: refused.detail }) : "";
  item.verdict.value = taken.jobs.length === 0 ? "refused" : answer.status === 200 ? "known" : "sent";
}

/** Whether neither a file nor a folder above it is hidden. */
export function isShown({ webkitRelativePath: path, name }: File): boolean {
  return !(path || name).split("/").some((part) => part.startsWith("."));
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
