// "Listen": the phone's own voice with the sentence marked; else the recorded sound; else how to get a voice.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { DocumentSource } from "../model/view.ts";
import type { Medium } from "../protocol.gen.ts";
import { language, t } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";
import { Player } from "./player.tsx";
import { localVoice, sentencesIn, speak } from "./speech.ts";

interface ListenProps {
  text: RefObject<HTMLElement | null>;
  language: string;
  recorded: { medium: Medium; source: DocumentSource | null } | null;
}

export function Listen({ text, language: of, recorded }: ListenProps) {
  const voice = localVoice(of);
  if (voice) return <ReadAloud text={text} language={of} voice={voice} />;
  if (recorded) return <Player {...recorded} startAt={null} onPosition={() => {}} />;
  return (
    <details class="no-voice">
      <summary class="label">{t("listen.why")}</summary>
      <p class="label">{t("listen.no_voice", { language: languageName(of) })}</p>
    </details>
  );
}

/** Within a sentence: "svenska" in Swedish, "Swedish" in English. */
export function languageName(of: string): string {
  const name = t(of.startsWith("en") ? "language.en" : "language.sv");
  return language.value === "en" ? name : name.toLowerCase();
}

function ReadAloud({ text, language, voice }: Omit<ListenProps, "recorded"> & { voice: SpeechSynthesisVoice }) {
  const [reading, setReading] = useState(false);
  const stop = useRef<() => void>(() => {});
  const end = () => {
    mark(null);
    setReading(false);
  };
  useEffect(
    () => () => {
      stop.current();
      mark(null);
    },
    [],
  );
  const toggle = () => {
    stop.current();
    if (reading || !text.current) return end();
    const sentences = sentencesIn(text.current, language);
    setReading(true);
    stop.current = speak(
      sentences.map((sentence) => sentence.text),
      voice,
      (index) => mark(sentences[index]?.range ?? null),
      end,
    );
  };
  return (
    <div class="listen">
      <button type="button" class="button button-second" onClick={toggle}>
        <Icon name={reading ? "stop" : "listen"} />
        {t(reading ? "listen.stop" : "listen")}
      </button>
    </div>
  );
}

/** Marks without touching the text where the browser can (iOS 17.2, Chrome 105); else nothing is marked. */
function mark(range: Range | null): void {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete("being-read");
  if (!range) return;
  CSS.highlights.set("being-read", new Highlight(range));
  const box = range.getBoundingClientRect();
  if (box.top < 80 || box.bottom > innerHeight - 120) {
    range.startContainer.parentElement?.scrollIntoView({ block: "center" });
  }
}
