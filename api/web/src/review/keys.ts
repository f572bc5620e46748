// What the keys do during review. Letters and numbers act only outside fields; nothing acts behind a dialog.
import { safely } from "../announce";
import { edit } from "./fields";
import { focusValue } from "./focus";
import { add, move, removeRow, rowOf } from "./grid";
import { canUndo } from "./history";
import { isIdle } from "../shortcuts";
import * as session from "./session";
import { canvas } from "./sheet";

export type Actions = {
  accept: () => void;
  reject: () => void;
  postpone: () => void;
  step: (by: number) => void;
  help: () => void;
};

export function onKey(event: KeyboardEvent, actions: Actions): void {
  if (event.defaultPrevented || event.isComposing || isIdle(event) || document.querySelector("dialog[open]")) return;
  const target = event.target as HTMLElement;
  const path = target.dataset?.path ?? null;
  const inField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
  if (event.altKey && !event.ctrlKey && !inField && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    if (move(session.focused.value, event.key === "ArrowUp" ? -1 : 1)) event.preventDefault();
    return;
  }
  const done =
    event.ctrlKey || event.metaKey ? withControl(event, target, path, actions) : inField ? inInput(event, target as HTMLInputElement, path) : outside(event, path, actions);
  if (done) event.preventDefault();
}

function withControl(event: KeyboardEvent, target: HTMLElement, path: string | null, actions: Actions): boolean {
  const inInput = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  switch (event.key) {
    case "Enter":
      if (inInput && path !== null && !session.commit(path, (target as HTMLInputElement).value)) return true;
      actions.accept();
      return true;
    case "z":
    case "Z":
      if (inInput && session.typing.value) return false; // the browser's own, in the field
      if (event.shiftKey) session.redo();
      else session.undo();
      focusValue(session.focused.value);
      return true;
    case "y":
      session.redo();
      focusValue(session.focused.value);
      return true;
    case "s":
      if (inInput && path !== null && !session.commit(path, (target as HTMLInputElement).value)) return true;
      safely(() => session.save());
      return true;
    case "ArrowRight":
    case "ArrowLeft":
      if (inInput && session.typing.value) return false;
      actions.step(event.key === "ArrowRight" ? 1 : -1);
      return true;
    case "Insert": {
      const row = rowOf(session.focused.value);
      if (row) add(row.list, row.row + 1);
      return row !== null;
    }
    case "Delete":
      removeRow(session.focused.value);
      return true;
    default:
      return false;
  }
}

function inInput(event: KeyboardEvent, input: HTMLInputElement, path: string | null): boolean {
  if (path === null) return false;
  if (event.key === "Enter" && !event.shiftKey) {
    if (!session.commit(path, input.value)) return true;
    session.editing.value = false;
    session.confirm(path);
    onward(path);
    return true;
  }
  if (event.key !== "Escape") return false;
  session.typing.value = null;
  session.wrong.value = null;
  session.store();
  session.editing.value = false;
  focusValue(path);
  return true;
}

function outside(event: KeyboardEvent, path: string | null, actions: Actions): boolean {
  const focused = path ?? session.focused.value;
  if (path !== null) {
    if (event.key === "Enter") {
      session.confirm(path);
      onward(path);
      return true;
    }
    if ((event.key === "F2" || event.key.toLowerCase() === "e") && isLeaf(path)) {
      edit(path);
      return true;
    }
    if (event.key.toLowerCase() === "n" && isLeaf(path)) {
      session.change({ op: "clear", path });
      onward(path);
      return true;
    }
    if (event.key === "Escape" && session.valueOf(path) !== undefined) return restore(path);
  }
  if (/^[1-3]$/.test(event.key) && focused !== null) {
    const taken = session.take(focused, Number(event.key));
    if (taken) onward(focused);
    return taken;
  }
  return general(event, actions);
}

function isLeaf(path: string): boolean {
  const value = session.valueOf(path);
  return path !== "" && (value === null || typeof value !== "object");
}

function restore(path: string): boolean {
  if (session.draft.value?.field_states[path] !== "corrected") return false;
  session.change({ op: "restore", path });
  return true;
}

function general(event: KeyboardEvent, actions: Actions): boolean {
  const acts: Record<string, () => void> = {
    PageDown: () => turnPage(1),
    PageUp: () => turnPage(-1),
    "+": () => canvas.zoom(1.3),
    "=": () => canvas.zoom(1.3),
    "-": () => canvas.zoom(1 / 1.3),
    "0": () => canvas.fit(),
    r: () => canvas.turn(),
    g: () => document.getElementById("page-number")?.focus(),
    s: actions.postpone,
    x: actions.reject,
    "?": actions.help,
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  act?.();
  return act !== undefined;
}

function turnPage(by: number): void {
  const pages = session.opened.value?.job.progress.pages || 1;
  session.page.value = Math.min(pages, Math.max(1, session.page.value + by));
}

/** From a value to the next that is to be checked; when there is none, to Accept. */
function onward(path: string): void {
  const next = session.nextOpen(path);
  if (next !== null) focusValue(next);
  else if (session.flagged.value.includes(path) || canUndo.value) document.getElementById("accept")?.focus();
}
