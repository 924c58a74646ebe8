"""What a page keeps from people who see, read or reach otherwise. The questions are asked inside the page, of the page as it is."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from bench.ground import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALL = {"width": 320, "height": 640}
"""with text at 200 %: the narrowest phone in the hand of someone who needs large letters"""

RUN_AXE = """async ({ tags, colours }) => {
  const rules = axe.getRules(tags).filter((rule) => !colours || rule.tags.includes("cat.color"));
  const found = await axe.run(document, {
    runOnly: { type: "rule", values: rules.map((rule) => rule.ruleId) },
    resultTypes: ["violations", "incomplete"],
    preload: { assets: ["cssom"] },
    checks: { "color-contrast": { options: { ignorePseudo: true } } }, // ours are the line beside the words
  });
  const said = (kind) => found[kind].map(({ id, nodes }) => {
    const [{ target, failureSummary }] = nodes;
    return { kind, id, where: `${target.join(" ")} (${nodes.length})`, why: failureSummary.replace(/\\s+/g, " ") };
  });
  return [...said("violations"), ...said("incomplete")];
}"""

SHARED = """
  const DOOR = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], video[controls]";
  const name = (one) => {
    const words = (one.getAttribute("aria-label") ?? one.textContent).trim().replace(/\\s+/g, " ").slice(0, 40);
    return `${one.tagName.toLowerCase()}${[...one.classList].map((each) => `.${each}`).join("")} “${words}”`;
  };
  const isOnlyHeard = (one) => {
    for (let each = one; each; each = each.parentElement) {
      const { clipPath } = getComputedStyle(each);
      if (clipPath === "inset(50%)" || each.classList.contains("skip")) return true;
    }
    return false;
  };
  const top = document.querySelector("dialog[open]") ?? document;
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !isOnlyHeard(one);
"""

CUT = (
    """(width) => {"""
    + SHARED
    + """
  const found = [];
  const page = document.documentElement.scrollWidth;
  if (page > width) found.push(`the page is ${page} px wide`);
  const side = (style) => ({ hides: /hidden|clip/.test(style), scrolls: /auto|scroll/.test(style) });
  const judge = (text, owner, rect) => {
    let isBlock = false;
    for (let box = owner; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      const { left, right, top, bottom } = box.getBoundingClientRect();
      const x = side(style.overflowX);
      if (x.scrolls) return null;
      const sticksOut = rect.left < left - 1 || rect.right > right + 1;
      if (!isBlock && !style.display.startsWith("inline")) {
        isBlock = true;
        if (sticksOut) return `sticks out of ${name(box)}`;
      }
      if (x.hides && sticksOut) return `is cut by ${name(box)}`;
      if (side(style.overflowY).hides && (rect.top < top - 2 || rect.bottom > bottom + 2)) return `is cut by ${name(box)}`;
    }
    return rect.left < -0.5 || rect.right > width + 0.5 ? "leaves the page" : null;
  };
  const texts = document.createTreeWalker(top === document ? document.body : top, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const owner = text.parentElement;
    if (!text.data.trim() || owner.closest("script, style, option, svg") || !isShown(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of range.getClientRects()) {
      const fault = judge(text, owner, rect);
      if (fault) { found.push(`“${text.data.trim().slice(0, 40)}” ${fault}`); break; }
    }
  }
  return found;
}"""
)
"""What makes the page scroll sideways, and words that are cut or stick out of what holds them."""

HARD_TO_HIT = (
    """(main) => {"""
    + SHARED
    + """
  const MAIN = ".button, .tab, .row, .filter, .chip, .choice, .input, .pill, .back, .player-button, summary, .tick-row";
  const found = [];
  for (const one of top.querySelectorAll(DOOR)) {
    const area = one.closest("label") ?? one;
    if (!isShown(area) || getComputedStyle(area).display === "inline") continue; // a word within a sentence
    const { width, height } = area.getBoundingClientRect();
    const least = area.matches(MAIN) ? main : 24;
    if (height < least - 0.5 || width < Math.min(least, 44) - 0.5) {
      found.push(`${name(area)} is ${Math.round(width)} × ${Math.round(height)} px`);
    }
  }
  return found;
}"""
)
"""Targets under 24 × 24 px, and main ones under `main`."""

WATCH_MOTION = """for (const kind of ["transitionrun", "animationstart"]) {
  addEventListener(kind, ({ target }) => {
    const moving = target.getAnimations({ subtree: true });
    const long = moving.filter(({ effect }) => effect.getComputedTiming().activeDuration > 10);
    if (long.length) console.error(`${kind} of ${target.className} in spite of prefers-reduced-motion`);
  }, true);
}"""
"""Says aloud what moves; for pages of a person who asked for less motion."""

DOORS = (
    """() => {"""
    + SHARED
    + """
  // Of one group of radio buttons Tab stops at the chosen one, or the first.
  const isStop = (one) => {
    if (one.type !== "radio") return !one.disabled;
    const group = [...document.getElementsByName(one.name)];
    return one === (group.find((each) => each.checked) ?? group[0]) && !one.disabled;
  };
  return [...top.querySelectorAll(DOOR)].filter((one) => isShown(one) && isStop(one)).map(name);
}"""
)
"""Where Tab has to stop, in the order of the page."""

FOCUSED = (
    """() => {"""
    + SHARED
    + """
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const ringed = one.closest(".choice") ?? one;
  const { outlineStyle, outlineWidth } = getComputedStyle(ringed);
  const { left, top: above, width, height } = ringed.getBoundingClientRect();
  const hit = document.elementFromPoint(left + width / 2, Math.min(above + height / 2, innerHeight - 1));
  return {
    name: name(one),
    isHeading: one.tagName === "H1",
    y: one.closest("main") ? above + scrollY : null,
    hasRing: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    isInSight: hit !== null && (ringed.contains(hit) || hit.contains(ringed)),
    isInDialog: one.closest("dialog") !== null,
  };
}"""
)


"""Where the focus is: its name, where it stands in the page's own part, and whether a person sees it."""


def heard_and_seen(page: Page, accepted: set[str], *, only_colours: bool = False) -> list[str]:
    """What axe-core finds; what it cannot decide counts too, unless somebody has decided it for good."""
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE, {"tags": TAGS, "colours": only_colours})
    return [
        f"{one['kind']}: {one['id']} at {one['where']}: {one['why']}"
        for one in found
        if one["kind"] == "violations" or one["id"] not in accepted
    ]


def _source(path: Path = AXE) -> str:
    return path.read_text("utf-8")
