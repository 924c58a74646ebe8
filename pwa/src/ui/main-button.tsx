// The one button at the bottom of a step. Each press shows something new in its place.
import type { ComponentChildren } from "preact";
import { useSettling } from "./settling.ts";

interface MainButtonProps {
  /** changes whenever a press would mean something else */
  content: string;
  onPress: () => void;
  busy?: boolean;
  children: ComponentChildren;
}

export function MainButton({ content, onPress, busy = false, children }: MainButtonProps) {
  const button = useSettling<HTMLButtonElement>(content);
  return (
    <button type="button" class="button button-main button-wide" ref={button} onClick={onPress} disabled={busy}>
      {children}
    </button>
  );
}
