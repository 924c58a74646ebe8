// Sound and film that cannot be had: said in place, with the way to have them on the phone, and tried again when that helps.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { connection, downloads } from "../app-state.ts";
import type { DocumentSource } from "../model/view.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Download } from "./download.tsx";
import { Wrong } from "./field.tsx";

function isOnPhone(source: DocumentSource | null): boolean {
  return source !== null && downloads.value[source.hash]?.state === "ready";
}

/** Dead, until the file is on the phone or there is a network again; and what to call when it has failed. */
export function useDead(
  media: RefObject<HTMLMediaElement | null>,
  url: string,
  source: DocumentSource | null,
): [isDead: boolean, die: () => void] {
  const ground = `${url} ${isOnPhone(source)} ${connection.value === "online"}`;
  const [diedOn, setDiedOn] = useState<string | null>(null);
  useEffect(() => {
    if (diedOn === null || diedOn === ground) return;
    setDiedOn(null);
    media.current?.load();
  }, [ground, diedOn, media]);
  return [diedOn === ground, () => setDiedOn(ground)];
}

interface DeadProps {
  source: DocumentSource | null;
  /** it is on the phone, and this browser cannot play it */
  failed: TextKey;
  absent: TextKey;
}

export function Dead({ source, failed, absent }: DeadProps) {
  const isHere = isOnPhone(source);
  return (
    <>
      <Wrong words={t(isHere ? failed : absent)} />
      {!isHere && <Download source={source} absentBody="download.absent.body" />}
    </>
  );
}
