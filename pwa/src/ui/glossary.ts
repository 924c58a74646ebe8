// Each term of a pack's glossary, at its first occurrence, becomes a button that explains it in place.
import type { Term } from "../protocol.gen.ts";

const LEAVE_ALONE = "a, button, h2, h3, h4, code, figcaption";

export function markTerms(root: DocumentFragment, glossary: Term[]): void {
  for (const [index, { term }] of glossary.entries()) {
    const found = firstOccurrence(root, term);
    if (!found) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "term";
    button.dataset.term = String(index);
    button.setAttribute("aria-haspopup", "dialog");
    found.replaceWith(button);
    button.append(found);
  }
}

/** The text node that holds just the term; three letters more are let through, for Swedish endings. */
function firstOccurrence(root: DocumentFragment, term: string): Text | null {
  const words = term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${words}\\p{L}{0,3}(?![\\p{L}\\p{N}])`, "iu");
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node as Text;
    const match = pattern.exec(text.data);
    if (!match || text.parentElement?.closest(LEAVE_ALONE)) continue;
    const rest = text.splitText(match.index);
    rest.splitText(match[0].length);
    return rest;
  }
  return null;
}
