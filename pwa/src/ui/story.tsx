// Authors' text. The only place where HTML of a document enters the page.
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Term } from "../protocol.gen.ts";
import { Dialog } from "./dialog.tsx";
import { markTerms } from "./glossary.ts";
import { TextTools, textLook } from "./text-look.tsx";
import { fragmentOf } from "./trusted-html.ts";

const NO_TERMS: Term[] = [];

interface StoryProps {
  html: string;
  language: string;
  into: RefObject<HTMLDivElement | null>;
  glossary?: Term[];
  /** what reads it aloud; with it stands the choice of how the text looks */
  tools?: ComponentChildren;
}

export function Story({ html, language, into, glossary = NO_TERMS, tools }: StoryProps) {
  const { size, spacing } = textLook();
  const [asked, setAsked] = useState<Term | null>(null);
  // Each refresh reads the document anew; drawn again for that, the text would lose what is marked or selected in it.
  const terms = useMemo(() => glossary, [JSON.stringify(glossary)]);

  useLayoutEffect(() => {
    const fragment = fragmentOf(html);
    markTerms(fragment, terms);
    for (const table of fragment.querySelectorAll("table")) keepWithinPage(table);
    for (const link of fragment.querySelectorAll<HTMLAnchorElement>('a[href^="http"]')) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    into.current?.replaceChildren(fragment);
  }, [html, terms, into]);

  useLayoutEffect(() => {
    const host = into.current;
    const explain = (event: Event) => {
      const button = (event.target as Element).closest<HTMLElement>("button.term");
      if (button) setAsked(terms[Number(button.dataset.term)] ?? null);
    };
    host?.addEventListener("click", explain);
    return () => host?.removeEventListener("click", explain);
  }, [terms, into]);

  return (
    <>
      {tools && <TextTools>{tools}</TextTools>}
      <div class={`story story-size-${size} story-spacing-${spacing}`} lang={language} ref={into} />
      {asked && (
        <Dialog title={asked.term} onClose={() => setAsked(null)}>
          <p class="lead" lang={language}>
            {asked.meaning}
          </p>
        </Dialog>
      )}
    </>
  );
}

function keepWithinPage(table: HTMLTableElement): void {
  const frame = document.createElement("div");
  frame.className = "story-scroll";
  frame.tabIndex = 0;
  frame.role = "group";
  frame.ariaLabel = table.caption?.textContent ?? table.rows[0]?.textContent ?? "";
  table.replaceWith(frame);
  frame.append(table);
}
