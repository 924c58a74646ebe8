// Recorded sound: one big button, the position, and a sentence where it is not on the phone.
import { useRef, useState } from "preact/hooks";
import type { DocumentSource } from "../model/view.ts";
import type { Medium } from "../protocol.gen.ts";
import { t } from "../texts/texts.ts";
import { playTime } from "../texts/times.ts";
import { Dead, useDead } from "./dead.tsx";
import { Icon } from "./icon.tsx";
import { useKeptPosition } from "./position.ts";

interface PlayerProps {
  medium: Medium;
  /** the course or tour that it comes with */
  source: DocumentSource | null;
  startAt: number | null;
  onPosition: (seconds: number) => void;
}

export function Player({ medium, source, startAt, onPosition }: PlayerProps) {
  const sound = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(startAt ?? 0);
  const [length, setLength] = useState(0);
  const [isDead, die] = useDead(sound, medium.url, source);
  useKeptPosition(sound, startAt, onPosition);

  const toggle = () => {
    const element = sound.current;
    if (!element) return;
    if (element.paused) element.play().catch(() => element.error && die());
    else element.pause();
  };
  const seek = (seconds: number) => {
    if (sound.current) sound.current.currentTime = seconds;
    setAt(seconds);
  };
  return (
    <div class="section">
      <section class="player" hidden={isDead} aria-label={t("sound.name")}>
        {/* biome-ignore lint/a11y/useMediaCaption: the text of the sound stands below it on every screen */}
        <audio
          ref={sound}
          src={medium.url}
          preload="metadata"
          onPlay={() => setPlaying(true)}
          onPause={() => setPlaying(false)}
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
          onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
          onError={die}
        />
        <button
          type="button"
          class="player-button"
          onClick={toggle}
          aria-label={t(playing ? "sound.pause" : "sound.play")}
        >
          <Icon name={playing ? "pause" : "play"} size={28} />
        </button>
        <div class="player-rest">
          <input
            type="range"
            min="0"
            max={Math.max(1, Math.floor(length))}
            step="1"
            value={Math.floor(at)}
            aria-label={t("sound.position")}
            aria-valuetext={playTime(at)}
            onInput={(event) => seek(Number(event.currentTarget.value))}
          />
          <span class="label numbers">
            {playTime(at)} / {playTime(length)}
          </span>
        </div>
      </section>
      {isDead && <Dead source={source} failed="sound.failed" absent="sound.absent" />}
    </div>
  );
}
