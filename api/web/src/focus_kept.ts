// Where a control that was in hand goes away, by its own doing or another's, the focus goes to what stood next to it.

const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
const AROUND = 6; // controls on either side that are remembered

let inHand: Element | null = null;
let around: HTMLElement[] = [];
let looking = false;

/** From now on no keyboard is left without a place. */
export function keepFocus(): void {
  addEventListener("focusin", ({ target }) => remember(target as Element));
  new MutationObserver(lookSoon).observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}

function remember(element: Element): void {
  inHand = element;
  const controls = [...(element.closest("dialog, #main") ?? document.body).querySelectorAll<HTMLElement>(CONTROLS)];
  const at = controls.indexOf(element as HTMLElement);
  const near = at < 0 ? [] : [...controls.slice(at + 1, at + 1 + AROUND), ...controls.slice(Math.max(0, at - AROUND), at).reverse()];
  const isBeside = (one: Element) => one.parentElement === element.parentElement;
  around = [...near.filter(isBeside), ...near.filter((one) => !isBeside(one))]; // what else the row of buttons has, before another row's
}

/** After what has changed is drawn, and whoever moves the focus by intent has done so. */
function lookSoon(): void {
  if (looking || !inHand || isThere(inHand)) return;
  looking = true;
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      looking = false;
      const held = document.activeElement; // browsers may let go of a disabled control later than this
      if (held && held !== document.body && isThere(held)) return;
      const next = around.find(isThere) ?? document.getElementById("main");
      next?.focus({ preventScroll: true });
    }),
  );
}

function isThere(element: Element): boolean {
  return element.isConnected && !element.matches(":disabled") && element.getClientRects().length > 0;
}
