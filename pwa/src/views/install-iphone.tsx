// iPhone: the home-screen app starts empty, so this comes before the programme is downloaded. The tab's outbox is
// emptied, the session handed over by a one-time code, and the tab then says only "continue in the app".
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { pill, view } from "../app-state.ts";
import { makeHandover } from "../rooms-state.ts";
import { language, type TextKey, t } from "../texts/texts.ts";
import { clockTime } from "../texts/times.ts";
import { Wrong } from "../ui/field.tsx";
import { useHeading } from "../ui/heading.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { chooseTab, handOver, handoverUntil } from "../ui/install-state.ts";
import { now } from "../ui/now.ts";
import { WordMark } from "../ui/screen.tsx";
import { inGroups } from "./guide-parts.tsx";

const code = signal<string | null>(null);

const STEPS: { icon: IconName; words: TextKey; more: TextKey }[] = [
  { icon: "share", words: "install.iphone.1", more: "install.iphone.1.more" },
  { icon: "add", words: "install.iphone.2", more: "install.iphone.2.more" },
  { icon: "keys", words: "install.iphone.3", more: "install.iphone.3.more" },
];

export function IphoneSteps() {
  return (
    <ol class="told">
      {STEPS.map((step, index) => (
        <li class="told-part" key={step.words}>
          <span class="told-icon told-large">
            <Icon name={step.icon} size={32} />
          </span>
          <div>
            <h2 class="lead strong">
              {index + 1}. {t(step.words)}
            </h2>
            <p class="quiet">{t(step.more)}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function useHandover(): { busy: boolean; wrong: string | null; make: () => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const make = async () => {
    setBusy(true);
    const answer = await makeHandover();
    setBusy(false);
    if (!answer.ok) {
      const isWaiting = answer.why === "waiting";
      setWrong(isWaiting ? t("install.iphone.waiting", { count: pill.value.waiting }) : t("install.iphone.offline"));
      return;
    }
    code.value = answer.code;
    setWrong(null);
    handOver(answer.validUntil);
  };
  return { busy, wrong, make };
}

export function InstallOnIphone() {
  const { busy, wrong, make } = useHandover();
  const heading = useHeading(t("install.iphone.title"));
  return (
    <div class="frame">
      <main class="screen">
        <WordMark />
        <div class="title">
          <h1 tabIndex={-1} ref={heading}>
            {t("install.iphone.title")}
          </h1>
          <p class="lead quiet">{t("install.iphone.lead")}</p>
        </div>
        <IphoneSteps />
        <div>
          <button type="button" class="button button-plain" onClick={() => chooseTab("stay")}>
            {t("install.iphone.stay")}
          </button>
        </div>
      </main>
      <div class="bottom">
        <section class="foot" aria-label={t("onward")}>
          <div class="foot-inner">
            {wrong && <Wrong words={wrong} />}
            <button type="button" class="button button-main button-wide" onClick={() => void make()} disabled={busy}>
              {t("install.iphone.make")}
            </button>
          </div>
        </section>
      </div>
    </div>
  );
}

/** All that the tab says from now on; what belongs to the code goes with it. */
export function HandedOver() {
  const isOpen = now.value.getTime() + view.value.skewMs < Date.parse(handoverUntil.value);
  const heading = useHeading(t("install.handed.title"));
  return (
    <main class="screen screen-alone">
      <WordMark />
      <h1 tabIndex={-1} ref={heading}>
        {t("install.handed.title")}
      </h1>
      {isOpen && <Handing />}
    </main>
  );
}

function Handing() {
  const { busy, wrong, make } = useHandover();
  const time = clockTime(handoverUntil.value, language.value);
  return (
    <>
      {code.value && (
        <>
          <p class="lead">{t("install.handed.body")}</p>
          <data class="code code-large numbers" value={code.value}>
            {inGroups(code.value, 5)}
          </data>
          <p class="quiet">{t("install.handed.until", { time })}</p>
        </>
      )}
      {wrong && <Wrong words={wrong} />}
      <div class="buttons">
        <button type="button" class="button button-second" onClick={() => void make()} disabled={busy}>
          {t("install.handed.new")}
        </button>
        <button type="button" class="button button-plain" onClick={() => chooseTab("stay")}>
          {t("install.iphone.stay")}
        </button>
      </div>
    </>
  );
}
