// The text of the page: two files, chosen by the person, else by the browser.
import { computed, effect, signal } from "@preact/signals";
import en from "./en.json";
import zh from "./zh.json";

export type Key = keyof typeof en;
export type Language = "en" | "zh";
const TEXTS: Record<Language, Record<Key, string>> = { en, zh };

const kept = localStorage.getItem("language");
export const language = signal<Language>(
  kept === "en" || kept === "zh" ? kept : navigator.language.startsWith("zh") ? "zh" : "en",
);
const texts = computed(() => TEXTS[language.value]);

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  localStorage.setItem("language", language.value);
});

/** The text of a key, with `{name}` filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return texts.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text that may be missing, for codes that come from the service: the fallback then. */
export function named(key: string, fallback: string): string {
  return key in texts.value ? texts.value[key as Key] : fallback;
}

/** What went wrong, in the language of the page; in English as the service says it, with its facts. */
export function told(error: { code: string; message?: string | null }): string {
  const message = error.message || error.code;
  if (language.value === "en" && error.message) return error.message;
  return named(`error.${error.code}`, message).replace("{detail}", message);
}

/** What is the matter with a value, in the language of the page; in English as the record says it. */
export function reasonOf(issue: { code: string; message: string }): string {
  return language.value === "en" ? issue.message : named(`reason.${issue.code}`, issue.message).replace("{detail}", issue.message);
}

export function count(value: number): string {
  return new Intl.NumberFormat(document.documentElement.lang).format(value);
}

/** How long ago, in the words of the language. */
export function age(at: string, now: number = Date.now()): string {
  const seconds = Math.min(0, (Date.parse(at) - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "short" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]] as const) {
    if (-seconds >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.round(seconds), "second");
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}\u00a0%`;
}
