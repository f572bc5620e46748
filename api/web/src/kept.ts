// What was typed and not sent yet outlives a reload, a lost session and its tab: in this browser alone, and for a month.
import { say } from "./announce";
import { t } from "./text/i18n";

const START = "kept:";
const LONGEST = 30 * 86_400_000; // milliseconds

/** This tab among those that are open; a reload does not change it. */
export const TAB = sessionStorage.getItem("tab") ?? Math.random().toString(36).slice(2);
sessionStorage.setItem("tab", TAB);

type Entry = { at: number; value: unknown };

export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(START + name, JSON.stringify({ at: Date.now(), value } satisfies Entry));
  } catch {
    say(t("kept.full"), { bad: true });
  }
}

export function kept<T>(name: string): T | null {
  return (read(START + name)?.value as T | undefined) ?? null;
}

/** All whose names begin so, the oldest first. */
export function keptBy<T>(start: string): { name: string; value: T }[] {
  const found = names().filter((name) => name.startsWith(START + start)).map((name) => ({ name: name.slice(START.length), ...read(name)! }));
  return found.sort((one, other) => one.at - other.at) as { name: string; value: T; at: number }[];
}

export function forget(name: string): void {
  localStorage.removeItem(START + name);
}

/** How many documents and kinds there are whose changes were not sent. */
export function keptCount(): number {
  return names().length;
}

/** The next person at this browser finds nothing of it. */
export function forgetAll(): void {
  names().forEach((name) => localStorage.removeItem(name));
}

/** Let go of what nobody came back for. */
export function forgetOld(now = Date.now()): void {
  names().filter((name) => now - (read(name)?.at ?? 0) > LONGEST).forEach((name) => localStorage.removeItem(name));
}

function names(): string[] {
  return Object.keys(localStorage).filter((name) => name.startsWith(START));
}

function read(name: string): Entry | null {
  const text = localStorage.getItem(name);
  return text ? (JSON.parse(text) as Entry) : null;
}
