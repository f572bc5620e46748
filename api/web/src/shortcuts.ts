// Whether single keys do something: those who speak to their machine, or hit keys by chance, turn them off.
import { signal } from "@preact/signals";

const NAME = "single-keys";
export const singleKeys = signal(localStorage.getItem(NAME) !== "off");

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  localStorage.setItem(NAME, on ? "on" : "off");
}

/** Whether this is a letter, a digit or a sign by itself that is to do nothing. */
export function isIdle(event: KeyboardEvent): boolean {
  return !singleKeys.value && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
}
