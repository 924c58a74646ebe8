// What of a course or tour is on this phone, and what can be done about it. One block, eight states.
import { connection, type DownloadState, downloads, pauseDownload, startDownload } from "../app-state.ts";
import type { DocumentSource } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, type TextKey, t } from "../texts/texts.ts";
import { bytes } from "../texts/times.ts";
import { Banner } from "./banner.tsx";
import { Wrong } from "./field.tsx";
import { Icon } from "./icon.tsx";
import { Ready } from "./ready.tsx";
import { useSaving } from "./saving.ts";

const ABSENT: DownloadState = { state: "absent", doneBytes: 0, totalBytes: 0, missingBytes: 0 };
const size = (count: number) => bytes(count, language.value);

interface DownloadProps {
  source: DocumentSource | null;
  absentBody: TextKey;
}

export function Download({ source, absentBody }: DownloadProps) {
  const { failed, save } = useSaving();
  if (!source) return null;
  const { hash } = source;
  const get = () => void save(() => startDownload(hash));
  const pause = () => void save(() => pauseDownload(hash));
  return (
    <>
      <Block source={source} absentBody={absentBody} onGet={get} onPause={pause} />
      {failed && <Wrong words={t("step.failed_save")} />}
    </>
  );
}

interface BlockProps {
  source: DocumentSource;
  absentBody: TextKey;
  onGet: () => void;
  onPause: () => void;
}

function Block({ source, absentBody, onGet, onPause }: BlockProps) {
  const now = downloads.value[source.hash] ?? ABSENT;
  const all = source.bytes + source.pictureBytes + source.mediaBytes;
  // Before the text is here nobody has counted its files; the catalogue knows how much there is to come.
  const known = now.totalBytes > 0 ? now : { ...now, totalBytes: all };
  switch (now.state) {
    case "ready":
      return <Ready source={source} />;
    case "absent":
      return <Absent onGet={onGet} all={all} body={absentBody} />;
    case "downloading":
      return <Part now={known} words="download.busy" onPause={onPause} />;
    case "interrupted":
      return <Part now={known} words="download.part" more="download.interrupted" onPause={onPause} />;
    case "paused":
      return <Part now={known} words="download.paused" onGet={onGet} />;
    case "ready_text":
    case "waiting_for_wifi":
      return <TextOnly onGet={onGet} media={source.mediaBytes} waits={now.state === "waiting_for_wifi"} />;
    case "no_room":
      return <NoRoom onGet={onGet} now={known} />;
    default:
      return now.state satisfies never;
  }
}

function Absent({ onGet, all, body }: { onGet: () => void; all: number; body: TextKey }) {
  if (connection.value === "offline") {
    return (
      <Banner tone="soon" icon="off">
        <p>{t("download.absent.offline")}</p>
      </Banner>
    );
  }
  return (
    <div class="download">
      <p>{t(body)}</p>
      <div>
        <button type="button" class="button button-second" onClick={onGet}>
          <Icon name="download" />
          {t("download.get", { size: size(all) })}
        </button>
      </div>
    </div>
  );
}

interface PartProps {
  now: DownloadState;
  words: TextKey;
  more?: TextKey;
  /** one of the two: it goes on, or it waits for a tap */
  onPause?: () => void;
  onGet?: () => void;
}

function Part({ now, words, more, onPause, onGet }: PartProps) {
  return (
    <div class="download">
      <progress max={Math.max(1, now.totalBytes)} value={now.doneBytes} aria-label={t("download.bar")} />
      <div class="download-row">
        <span class="label numbers">{t(words, { done: size(now.doneBytes), total: size(now.totalBytes) })}</span>
        <button type="button" class="button button-plain" onClick={onPause ?? onGet}>
          <Icon name={onPause ? "pause" : "download"} />
          {t(onPause ? "download.pause" : "download.resume")}
        </button>
      </div>
      {more && <p class="quiet">{t(more)}</p>}
    </div>
  );
}

function TextOnly({ onGet, media, waits }: { onGet: () => void; media: number; waits: boolean }) {
  return (
    <div class="download">
      <span class="ready">
        <Icon name="tick" size={22} />
        {t("ready.text")}
      </span>
      {waits && <p class="quiet">{t("download.wifi")}</p>}
      <div>
        <button type="button" class="button button-second" onClick={onGet}>
          <Icon name="download" />
          {t("download.media", { size: size(media) })}
        </button>
      </div>
    </div>
  );
}

function NoRoom({ onGet, now }: { onGet: () => void; now: DownloadState }) {
  return (
    <>
      <Banner tone="late">
        <p>{t("download.no_room", { missing: size(now.missingBytes) })}</p>
        <a href={paths.storage}>{t("download.no_room.action")}</a>
      </Banner>
      <div>
        <button type="button" class="button button-second" onClick={onGet}>
          <Icon name="download" />
          {t("download.retry", { size: size(now.totalBytes - now.doneBytes) })}
        </button>
      </div>
    </>
  );
}
