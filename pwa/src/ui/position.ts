// Keeps the second of a film or sound: on pause, every 15 s while it plays, and when the app is put away.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

const EVERY_S = 15;

export function useKeptPosition(
  media: RefObject<HTMLMediaElement | null>,
  startAt: number | null,
  onPosition: (seconds: number) => void,
): void {
  const keep = useRef(onPosition);
  keep.current = onPosition;
  const begin = useRef(startAt);

  useEffect(() => {
    const element = media.current;
    if (!element) return;
    let last = begin.current ?? 0;
    const store = () => {
      const second = Math.floor(element.ended ? 0 : element.currentTime);
      if (second === last) return;
      last = second;
      keep.current(second);
    };
    const start = () => {
      const wanted = begin.current ?? 0;
      if (wanted > 0 && wanted < element.duration - 2) element.currentTime = wanted;
    };
    const nowAndThen = () => {
      if (!element.paused && Math.abs(element.currentTime - last) >= EVERY_S) store();
    };
    const hidden = () => {
      if (document.hidden) store();
    };
    if (element.readyState >= HTMLMediaElement.HAVE_METADATA) start();
    element.addEventListener("loadedmetadata", start);
    element.addEventListener("pause", store);
    element.addEventListener("timeupdate", nowAndThen);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      element.removeEventListener("loadedmetadata", start);
      element.removeEventListener("pause", store);
      element.removeEventListener("timeupdate", nowAndThen);
      document.removeEventListener("visibilitychange", hidden);
      store();
    };
  }, [media]);
}
