// The heading of a screen: its words are the page's title, and after navigation the focus stands on it.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { t } from "../texts/texts.ts";

/** The page as it was opened is read from the top; only what comes after is a navigation. */
let hasNavigated = false;

export function useHeading(title: string): RefObject<HTMLHeadingElement | null> {
  const { path } = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true });
    hasNavigated = true;
  }, [path]);
  return heading;
}
