// Short messages: said to screen readers, shown at the foot, gone by themselves.
import { signal } from "@preact/signals";

const said = signal<{ text: string; bad: boolean; number: number } | null>(null);
let number = 0;

export function say(text: string, { bad = false } = {}): void {
  said.value = { text, bad, number: ++number };
  const mine = number;
  setTimeout(() => {
    if (said.value?.number === mine) said.value = null;
  }, bad ? 9000 : 4000);
}

/** Run something; what goes wrong is said, never thrown. That the service is away stands in the banner. */
export function safely(action: () => Promise<unknown>): void {
  action().catch((error: unknown) => {
    const isAway = error instanceof Error && "code" in error && error.code === "offline";
    if (!(error instanceof DOMException) && !isAway) say(error instanceof Error ? error.message : String(error), { bad: true });
  });
}

/** Dialogs that are open: what is said is said in them, for all else is out of reach of a screen reader. */
export const dialogs = signal(0);

export function Announcements() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {said.value && (
        <p key={said.value.number} class={said.value.bad ? "toast bad" : "toast"}>
          {said.value.text}
        </p>
      )}
    </div>
  );
}
