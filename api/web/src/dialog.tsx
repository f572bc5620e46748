// A modal dialog of the browser: it keeps the focus in, Esc closes it, and the focus goes back where it was.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Announcements, dialogs } from "./announce";
import { t } from "./text/i18n";

export function Dialog(props: { title: string; close?: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    dialogs.value += 1;
    return () => {
      dialogs.value -= 1;
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        props.close?.();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="dialog-head">
        <h2 id="dialog-title">{props.title}</h2>
        {props.close && (
          <button class="plain" onClick={props.close} aria-label={t("close")}>
            ×
          </button>
        )}
      </div>
      {props.children}
      <Announcements />
    </dialog>
  );
}
