// What takes room on the phone, and taking it away course by course.
import { useState } from "preact/hooks";
import { deleteDownload, downloads, storage, view } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { bytes } from "../texts/times.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Icon } from "../ui/icon.tsx";
import { Screen } from "../ui/screen.tsx";

interface Held {
  hash: string;
  name: string;
  size: number;
}

function held(): Held[] {
  const { courses, departures } = view.value;
  const things = [...courses, ...departures];
  const seen = new Set<string>();
  return things.flatMap(({ source, title }) => {
    const download = source && downloads.value[source.hash];
    if (!source || !download || download.state === "absent" || seen.has(source.hash)) return [];
    seen.add(source.hash);
    return [{ hash: source.hash, name: title, size: download.doneBytes }];
  });
}

export function Storage() {
  const { usedBytes, quotaBytes, persisted } = storage.value;
  const [asked, setAsked] = useState<Held | null>(null);
  const things = held();
  const size = (count: number) => bytes(count, language.value);
  const words = quotaBytes
    ? t("me.storage.of", { used: size(usedBytes), quota: size(quotaBytes) })
    : t("me.storage.used", { used: size(usedBytes) });
  return (
    <Screen title={t("me.storage")} back={{ href: paths.me, name: t("tab.me") }}>
      <div class="section">
        {quotaBytes && <progress max={quotaBytes} value={usedBytes} aria-label={t("me.storage.bar")} />}
        <p class="numbers">{words}</p>
        {persisted === false && <p class="label">{t("me.storage.not_persisted")}</p>}
      </div>
      {things.length === 0 ? (
        <Empty picture="quay" title={t("learn.empty.downloaded.title")} body={t("learn.empty.downloaded.body")} />
      ) : (
        <ul class="rows">
          {things.map((one) => (
            <li class="row" key={one.hash}>
              <span class="row-text">
                <span class="row-name">{one.name}</span>
                <span class="label numbers">{size(one.size)}</span>
              </span>
              <button type="button" class="button button-plain button-warn" onClick={() => setAsked(one)}>
                <Icon name="bin" />
                {t("download.delete.busy")}
                <span class="only-heard"> {one.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {asked && <Sure one={asked} onClose={() => setAsked(null)} />}
    </Screen>
  );
}

function Sure({ one, onClose }: { one: Held; onClose: () => void }) {
  const remove = async () => {
    await deleteDownload(one.hash);
    onClose();
  };
  return (
    <Dialog
      title={one.name}
      onClose={onClose}
      actions={
        <div class="section">
          <button type="button" class="button button-main button-wide" onClick={() => void remove()}>
            {t("download.delete")}
          </button>
          <button type="button" class="button button-second button-wide" onClick={onClose}>
            {t("cancel")}
          </button>
        </div>
      }
    >
      <p>{t("download.delete.sure")}</p>
    </Dialog>
  );
}
