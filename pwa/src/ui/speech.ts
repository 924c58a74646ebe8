// The phone's own voice: only voices that work without a network, sentence by sentence.
import { signal } from "@preact/signals";

const synthesis: SpeechSynthesis | undefined = globalThis.speechSynthesis;
const voices = signal<SpeechSynthesisVoice[]>([]);

if (synthesis) {
  const look = () => {
    voices.value = synthesis.getVoices();
  };
  look();
  // Chromium fills the list later; Safari of iOS knows the event only since 16.
  synthesis.addEventListener?.("voiceschanged", look);
}

export function localVoice(language: string): SpeechSynthesisVoice | null {
  const mine = voices.value.filter((voice) => voice.localService && voice.lang.toLowerCase().startsWith(language));
  return mine.find((voice) => voice.default) ?? mine[0] ?? null;
}

const BLOCKS = "p, li, h2, h3, h4, td, th, blockquote, figcaption, legend > span, label";

/** The sentences of a text, each with the range that it covers in the page. */
export function sentencesIn(root: HTMLElement, language: string): { text: string; range: Range }[] {
  return blocksIn(root).flatMap((nodes) => {
    const whole = nodes.map((node) => node.data).join("");
    return segments(whole, language)
      .filter(({ text }) => text.trim() !== "")
      .map(({ text, at }) => ({ text, range: rangeOver(nodes, at, at + text.trimEnd().length) }));
  });
}

function blocksIn(root: HTMLElement): Text[][] {
  const groups = new Map<Element, Text[]>();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const block = node.parentElement?.closest(BLOCKS) ?? root;
    const group = groups.get(block) ?? [];
    group.push(node as Text);
    groups.set(block, group);
  }
  return [...groups.values()];
}

function segments(text: string, language: string): { text: string; at: number }[] {
  if ("Segmenter" in Intl) {
    const segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
    return [...segmenter.segment(text)].map(({ segment, index }) => ({ text: segment, at: index }));
  }
  return [...text.matchAll(/[^.!?]+[.!?]*\s*/g)].map((match) => ({ text: match[0], at: match.index }));
}

function rangeOver(nodes: Text[], from: number, to: number): Range {
  const range = document.createRange();
  let passed = 0;
  for (const node of nodes) {
    const end = passed + node.length;
    if (from >= passed && from < end) range.setStart(node, from - passed);
    if (to > passed && to <= end) range.setEnd(node, to - passed);
    passed = end;
  }
  return range;
}

/** Speaks one after the other: a queue handed over at once cannot be highlighted on Android. Returns "stop". */
export function speak(
  texts: string[],
  voice: SpeechSynthesisVoice,
  onSentence: (index: number) => void,
  onEnd: () => void,
): () => void {
  let stopped = false;
  const say = (index: number) => {
    const text = texts[index];
    if (stopped) return;
    if (text === undefined) return onEnd();
    onSentence(index);
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.onend = () => say(index + 1);
    utterance.onerror = () => {
      if (!stopped) onEnd();
    };
    synthesis?.speak(utterance);
  };
  synthesis?.cancel();
  say(0);
  return () => {
    stopped = true;
    synthesis?.cancel();
  };
}
