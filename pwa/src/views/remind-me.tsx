// "Would you like reminders?": asked on Today at a moment that makes sense, and never again after a no. The phone itself
// is asked for its permission only when the person has said yes and when they want quiet.
import { useState } from "preact/hooks";
import { doNotRemindHere, here, isTimeToAskHere, remindHere } from "../reminder-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { isIos, isStandalone, showInstallHint } from "../ui/install-state.ts";
import { useSaving } from "../ui/saving.ts";
import { hoursOf, QuietHours } from "./quiet-hours.tsx";
import { ToldHere } from "./told-here.tsx";

export function RemindMe() {
  const [stage, setStage] = useState<"asking" | "quiet" | "told">("asking");
  if (stage === "told") return <ToldHere spoken />;
  if (stage === "asking" && !isAsked()) return null;
  return (
    <section class="card" aria-labelledby="remind-me">
      {stage === "quiet" ? (
        <WhenQuiet onTold={() => setStage("told")} />
      ) : (
        <Asking onYes={() => setStage("quiet")} onNo={() => void doNotRemindHere().catch(() => undefined)} />
      )}
    </section>
  );
}

/** One thing at a time; and who cannot be notified here is asked only where there is a way to it. */
function isAsked(): boolean {
  const isPossible = here.value?.permission !== "unsupported" || needsHomeScreen();
  return isTimeToAskHere.value && isPossible && !showInstallHint.value;
}

function needsHomeScreen(): boolean {
  return isIos && !isStandalone;
}

function Asking({ onYes, onNo }: { onYes: () => void; onNo: () => void }) {
  return (
    <>
      <h2 id="remind-me" class="fact">
        <Icon name="bell" />
        {t("ask.title")}
      </h2>
      <p>{t(needsHomeScreen() ? "ask.iphone" : "ask.body")}</p>
      <div class="buttons">
        {needsHomeScreen() ? (
          <a class="button button-second" href={paths.install}>
            {t("ask.iphone.action")}
          </a>
        ) : (
          <button type="button" class="button button-second" onClick={onYes}>
            {t("ask.yes")}
          </button>
        )}
        <button type="button" class="button button-plain button-beside" onClick={onNo}>
          {t("ask.no")}
        </button>
      </div>
    </>
  );
}

function WhenQuiet({ onTold }: { onTold: () => void }) {
  const [hours, setHours] = useState(hoursOf(null));
  const { failed, busy, save } = useSaving();
  const turnOn = async () => {
    if (await save(() => remindHere(hours.value))) onTold();
  };
  return (
    <>
      <div>
        <h2 id="remind-me">{t("ask.quiet.title")}</h2>
        <p class="quiet">{t("ask.quiet.body")}</p>
      </div>
      <QuietHours hours={hours} onHours={setHours} />
      {hours.isWrong && <Wrong words={t("settings.quiet.same")} />}
      {failed && <Wrong words={t("told.failed")} />}
      <button
        type="button"
        class="button button-second button-wide"
        aria-disabled={busy || hours.isWrong ? "true" : undefined}
        onClick={() => !busy && !hours.isWrong && void turnOn()}
      >
        {t(busy ? "ask.busy" : "ask.turn_on")}
      </button>
    </>
  );
}
