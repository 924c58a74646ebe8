import { useRef } from "preact/hooks";
import type { DocumentSource } from "../model/view.ts";
import type { Film as FilmOf } from "../protocol.gen.ts";
import { language, t } from "../texts/texts.ts";
import { Dead, useDead } from "./dead.tsx";
import { useKeptPosition } from "./position.ts";

interface FilmProps {
  film: FilmOf;
  /** the course that it comes with */
  source: DocumentSource | null;
  title: string;
  startAt: number | null;
  onPosition: (seconds: number) => void;
}

/** The browser's own controls: they are the ones that people know, and they speak to screen readers. */
export function Film({ film, source, title, startAt, onPosition }: FilmProps) {
  const element = useRef<HTMLVideoElement>(null);
  const [isDead, die] = useDead(element, film.medium.url, source);
  useKeptPosition(element, startAt, onPosition);
  return (
    <div class="section">
      {/* biome-ignore lint/a11y/useMediaCaption: the caption tracks are the children, one a language */}
      <video
        class="film"
        hidden={isDead}
        ref={element}
        src={film.medium.url}
        poster={film.poster?.url}
        controls
        playsInline
        preload="metadata"
        aria-label={title}
        onError={die}
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
      {isDead && <Dead source={source} failed="film.failed" absent="film.absent" />}
    </div>
  );
}
