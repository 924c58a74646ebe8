// How one wants to be reminded, on all phones and on this one. Every answer is an operation: it holds with no network.
import { useEffect, useState } from "preact/hooks";
import { actions, view } from "../app-state.ts";
import { AFTER_SHIFTS } from "../model/reminders.ts";
import { doNotRemindHere, here, remindHere, setReminders } from "../reminder-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { isIos, isStandalone } from "../ui/install-state.ts";
import { useSaving } from "../ui/saving.ts";
import { Screen } from "../ui/screen.tsx";
import { MailFails } from "./mail-fails.tsx";
import { hoursOf, QuietHours } from "./quiet-hours.tsx";
import { ToldHere } from "./told-here.tsx";

export function ReminderSettings() {
  const { failed, save } = useSaving();
  const { reminders, mail } = view.value.preferences;
  return (
    <Screen title={t("settings.title")} back={{ href: paths.reminders, name: t("reminders.title") }}>
      {failed && <Wrong words={t("told.failed")} />}
      <div class="choices">
        <Tick
          name={t("settings.reminders")}
          more={t("settings.reminders.body")}
          isOn={reminders}
          onChange={(on) => save(() => setReminders(on))}
        />
        <Tick
          name={t("settings.mail")}
          more={t("settings.mail.body")}
          isOn={mail}
          onChange={(on) => save(() => actions.setPreference("mail", on ? "on" : "off"))}
        />
      </div>
      <MailFails withWay />
      <ThisPhone />
      <Quiet />
      <Muted />
      <nav class="rows" aria-label={t("settings.ways")}>
        <a class="row" href={paths.mailAddress}>
          <span class="told-icon">
            <Icon name="mail" />
          </span>
          <span class="row-text">
            <span class="row-name">{t("mail_address.title")}</span>
            <span class="label mail-address">{view.value.self?.mail_goes_to?.address ?? t("mail_address.change")}</span>
          </span>
          <Icon name="forward" />
        </a>
        <a class="row" href={paths.devices}>
          <span class="told-icon">
            <Icon name="phone" />
          </span>
          <span class="row-text">
            <span class="row-name">{t("settings.devices")}</span>
            <span class="label">{t("settings.devices.body")}</span>
          </span>
          <Icon name="forward" />
        </a>
      </nav>
    </Screen>
  );
}

interface TickProps {
  name: string;
  more?: string;
  isOn: boolean;
  /** resolves to whether it is kept */
  onChange: (on: boolean) => Promise<boolean>;
}

/** It stands as it was tapped at once, and goes back where that could not be kept. */
function Tick({ name, more, isOn, onChange }: TickProps) {
  const [shown, setShown] = useState(isOn);
  useEffect(() => setShown(isOn), [isOn]);
  const change = async (on: boolean) => {
    setShown(on);
    if (!(await onChange(on))) setShown(!on);
  };
  return (
    <label class="choice">
      <input
        class="tick"
        type="checkbox"
        checked={shown}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
      <span>
        {name}
        {more && <span class="label choice-tail">{more}</span>}
      </span>
    </label>
  );
}

function ThisPhone() {
  const { failed, save } = useSaving();
  const state = here.value;
  if (!state) return null;
  const needsHomeScreen = isIos && !isStandalone;
  const isOn = state.answer === "yes" && state.permission === "granted";
  const change = (on: boolean) => save(() => (on ? remindHere(null) : doNotRemindHere()));
  return (
    <section class="section">
      <h2>{t("settings.phone")}</h2>
      {state.permission !== "unsupported" && state.permission !== "denied" && (
        <div class="choices">
          <Tick name={t("settings.phone.on")} isOn={isOn} onChange={change} />
        </div>
      )}
      {failed && <Wrong words={t("told.failed")} />}
      {needsHomeScreen ? (
        <p>
          {t("ask.iphone")} <a href={paths.install}>{t("ask.iphone.action")}</a>
        </p>
      ) : (
        <ToldHere />
      )}
    </section>
  );
}

function Quiet() {
  const { quietHours } = view.value.preferences;
  const [hours, setHours] = useState(hoursOf(quietHours));
  const { failed, save } = useSaving();
  const [isKept, setKept] = useState(false);
  const keep = async () => {
    setKept(await save(() => actions.setPreference("quiet_hours", hours.value ?? AFTER_SHIFTS)));
  };
  const isNew = hours.value !== quietHours;
  return (
    <section class="section">
      <h2>{t("settings.quiet")}</h2>
      <p class="quiet">{t("ask.quiet.body")}</p>
      <QuietHours hours={hours} onHours={setHours} />
      {hours.isWrong && <Wrong words={t("settings.quiet.same")} />}
      {failed && <Wrong words={t("told.failed")} />}
      {isNew && !hours.isWrong && (
        <div>
          <button type="button" class="button button-second" onClick={() => void keep()}>
            {t("settings.quiet.keep")}
          </button>
        </div>
      )}
      <p class="label" role="status">
        {isKept && !isNew && t("settings.quiet.kept")}
      </p>
    </section>
  );
}

/** What one does not want to hear of any more, each with its way back. */
function Muted() {
  const { failed, save } = useSaving();
  const [back, setBack] = useState("");
  const muted = view.value.reminders.filter(({ isMuted }) => isMuted);
  const takeBack = async (id: string, title: string) => {
    if (await save(() => actions.unmuteReminder(id))) setBack(title);
  };
  return (
    <section class="section">
      <h2>{t("settings.muted")}</h2>
      {muted.length === 0 && <p class="quiet">{t("settings.muted.none")}</p>}
      {failed && <Wrong words={t("told.failed")} />}
      {muted.length > 0 && (
        <ul class="rows">
          {muted.map(({ id, title }) => (
            <li class="row muted" key={id}>
              <span class="row-text">
                <span class="row-name">{title}</span>
              </span>
              <button type="button" class="button button-plain" onClick={() => void takeBack(id, title)}>
                {t("settings.muted.again")}
                <span class="only-heard"> {t("reminders.about", { title })}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="label" role="status">
        {back && t("settings.muted.back", { title: back })}
      </p>
    </section>
  );
}
