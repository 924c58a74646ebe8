// A double tap is one wish: its second tap falls on what has just come, and was never meant for it.
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const SETTLES_MS = 400;

/** What the finger meets is deaf to it for a moment after the content has changed; the keyboard is heard at once. */
export function useSettling<T extends HTMLElement>(content: string): RefObject<T | null> {
  const target = useRef<T>(null);
  useLayoutEffect(() => {
    const element = target.current;
    if (!element) return;
    element.style.pointerEvents = "none";
    const settled = setTimeout(() => {
      element.style.pointerEvents = "";
    }, SETTLES_MS);
    return () => clearTimeout(settled);
  }, [content]);
  return target;
}
