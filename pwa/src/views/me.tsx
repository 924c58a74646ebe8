// The person's own room: what they have done, their receipts, room on the phone, language, and the way out.
import { useState } from "preact/hooks";
import { actions, connection, pill, sendNow, storage, view } from "../app-state.ts";
import { countUnseen } from "../push/shown.ts";
import { paths } from "../router/paths.ts";
import { language, pick, t } from "../texts/texts.ts";
import { bytes } from "../texts/times.ts";
import { Wrong } from "../ui/field.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { installPrompt, isIos, isStandalone } from "../ui/install-state.ts";
import { Mark } from "../ui/mark.tsx";
import { useSaving } from "../ui/saving.ts";
import { Screen } from "../ui/screen.tsx";
import { dayDone } from "./item-words.tsx";
import { SignOut } from "./sign-out.tsx";

declare const __VERSION__: string;

export function Me() {
  const { self } = view.value;
  const mayOffice = self?.roles.some(({ role }) => role !== "author") ?? false;
  const units = [...new Set(self?.units.map(pick) ?? [])].join(" · ");
  return (
    <Screen title={self?.name ?? t("me.title")} pageTitle={t("me.title")} below={units && <p class="quiet">{units}</p>}>
      <div class="columns">
        <div class="column">
          <Done />
          <nav class="rows" aria-label={t("me.title")}>
            <Row href={paths.receipts} icon="receipt" name={t("me.receipts")} more={receiptWords()} />
            <Row href={paths.reminders} icon="bell" name={t("reminders.title")} more={reminderWords()} />
            <Row href={paths.devices} icon="phone" name={t("devices.title")} more={t("settings.devices.body")} />
            <Row href={paths.storage} icon="disk" name={t("me.storage")} more={storageWords()} />
            {mayOffice && (
              <Row href={paths.office} icon="office" name={t("me.office")} more={t("me.office.body")} outside />
            )}
            {!isStandalone && (isIos || installPrompt.value) && (
              <Row href={paths.install} icon="home" name={t("me.install")} more={t("me.install.body")} />
            )}
            <Row href={paths.privacy} icon="shield" name={t("me.privacy")} more={null} />
          </nav>
          {pill.value.waiting > 0 && <SendNow />}
        </div>
        <div class="column">
          <Language />
          <SignOut />
          <p class="label">{t("me.version", { version: typeof __VERSION__ === "string" ? __VERSION__ : "–" })}</p>
        </div>
      </div>
    </Screen>
  );
}

function SendNow() {
  return (
    <div class="section">
      {connection.value === "offline" && <p class="quiet">{t("receipts.offline")}</p>}
      <div>
        <button type="button" class="button button-second" onClick={sendNow}>
          <Icon name="sending" />
          {t("receipts.send")}
        </button>
      </div>
    </div>
  );
}

function receiptWords(): string {
  const { waiting, attention } = pill.value;
  if (attention > 0) return t("me.receipts.attention", { count: attention });
  if (waiting > 0) return t("me.receipts.waiting", { count: waiting });
  return t(view.value.lost > 0 ? "me.receipts.lost" : "me.receipts.all_sent");
}

function reminderWords(): string {
  const unseen = countUnseen(view.value);
  return unseen > 0 ? t("reminders.me.new", { count: unseen }) : t("reminders.me.none");
}

function storageWords(): string {
  return t("me.storage.used", { used: bytes(storage.value.usedBytes, language.value) });
}

interface RowProps {
  href: string;
  icon: IconName;
  name: string;
  more: string | null;
  /** another room of the house, outside of this app */
  outside?: boolean;
}

function Row({ href, icon, name, more, outside = false }: RowProps) {
  return (
    <a class="row" href={href} {...(outside ? { target: "_self" } : {})}>
      <span class="told-icon">
        <Icon name={icon} />
      </span>
      <span class="row-text">
        <span class="row-name">{name}</span>
        {more && <span class="label">{more}</span>}
      </span>
      <Icon name="forward" />
    </a>
  );
}

function Done() {
  const { courses, departures } = view.value;
  const done = [
    ...courses
      .filter((course) => course.completedAt !== null)
      .map((course) => ({
        key: course.entry.item_id,
        name: course.title,
        at: course.completedAt,
        state: course.state,
      })),
    ...departures
      .filter((one) => one.attended)
      .map((one) => ({
        key: one.departure.departure_id,
        name: one.title,
        at: one.departure.ends_at,
        state: one.delivery === "waiting" ? ("saved" as const) : ("done" as const),
      })),
  ];
  return (
    <section class="section">
      <h2>{t("me.done")}</h2>
      {done.length === 0 && <p class="quiet">{t("me.done.empty")}</p>}
      <ul class="rows me-rows">
        {done.map((one) => (
          <li class="row" key={one.key}>
            <span class="row-mark">
              <Mark state={one.state} />
            </span>
            <span class="row-text">
              <span class="row-name">{one.name}</span>
              <span class="label">
                {one.state === "saved" ? t("state.saved.more") : one.at && t("state.done_on", { day: dayDone(one.at) })}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Language() {
  const { failed, save } = useSaving();
  const [chosen, setChosen] = useState(language.value);
  const choose = async (to: "sv" | "en") => {
    setChosen(to);
    if (!(await save(() => actions.setLanguage(to)))) setChosen(language.value);
  };
  return (
    <fieldset class="section">
      <legend class="legend">{t("me.language")}</legend>
      <div class="choices">
        {(["sv", "en"] as const).map((one) => (
          <label class="choice" key={one} lang={one}>
            <input
              class="tick"
              type="radio"
              name="language"
              checked={chosen === one}
              onChange={() => void choose(one)}
            />
            <span>{t(`language.own.${one}`)}</span>
          </label>
        ))}
      </div>
      {failed && <Wrong words={t("step.failed_save")} />}
    </fieldset>
  );
}
