import { useRef, useState } from "preact/hooks";
import type { Film as FilmOf } from "../protocol.gen.ts";
import { language, t } from "../texts/texts.ts";
import { Wrong } from "./field.tsx";
import { useKeptPosition } from "./position.ts";

interface FilmProps {
  film: FilmOf;
  title: string;
  startAt: number | null;
  onPosition: (seconds: number) => void;
}

/** The browser's own controls: they are the ones that people know, and they speak to screen readers. */
export function Film({ film, title, startAt, onPosition }: FilmProps) {
  const element = useRef<HTMLVideoElement>(null);
  const [failed, setFailed] = useState(false);
  useKeptPosition(element, startAt, onPosition);
  return (
    <div class="section">
      {/* biome-ignore lint/a11y/useMediaCaption: the caption tracks are the children, one a language */}
      <video
        class="film"
        hidden={failed}
        ref={element}
        src={film.medium.url}
        poster={film.poster?.url}
        controls
        playsInline
        preload="metadata"
        aria-label={title}
        onError={() => setFailed(true)}
      >
        {film.captions.map((track) => (
          <track
            key={track.medium.url}
            kind="captions"
            src={track.medium.url}
            srcLang={track.language}
            label={track.language.startsWith("en") ? t("language.own.en") : t("language.own.sv")}
            default={track.language.startsWith(language.value)}
          />
        ))}
      </video>
      {failed && <Wrong words={t("film.failed")} />}
    </div>
  );
}
