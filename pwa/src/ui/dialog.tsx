import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../texts/texts.ts";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** buttons of its own take the place of "Close" */
  actions?: ComponentChildren;
}

/** Native: the browser keeps the focus inside, closes on Escape and gives it back. */
export function Dialog({ title, onClose, children, actions }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  const isLeaving = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    element?.showModal();
    return () => {
      // Taken away by the screen: its "close" comes later, and must not close the dialog that took its place.
      isLeaving.current = true;
      element?.close();
      // It is out of the page by now, and gives nothing back by itself.
      if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog class="dialog" ref={dialog} aria-labelledby={name} onClose={() => !isLeaving.current && onClose()}>
      <div class="dialog-body">
        <h2 id={name}>{title}</h2>
        {children}
        {actions ?? (
          <button type="button" class="button button-second button-wide" onClick={() => dialog.current?.close()}>
            {t("close")}
          </button>
        )}
      </div>
    </dialog>
  );
}
