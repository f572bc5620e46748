// Takes the focus to a value: to its row among those to check, else to its cell or its row among the rest.
import * as session from "./session";

export const restOpen = { now: (_open: boolean): void => undefined };

export function idOf(path: string): string {
  return `value:${path}`;
}

export function focusValue(path: string | null): void {
  session.turnTo(path);
  if (path === null) return;
  const reach = (): boolean => {
    const element = document.getElementById(idOf(path));
    element?.focus({ preventScroll: true });
    element?.closest(".field, td")?.scrollIntoView({ block: "nearest" });
    return element !== null;
  };
  // After what has just changed is drawn, and before the next key: fast typists lose none.
  queueMicrotask(() => {
    if (reach()) return;
    restOpen.now(true);
    requestAnimationFrame(reach);
  });
}
