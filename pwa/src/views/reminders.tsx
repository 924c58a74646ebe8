// The inbox: what is new or open, what waits, what is over. The same on every phone, also where no notifications come.
import { useEffect, useRef, useState } from "preact/hooks";
import { actions, view } from "../app-state.ts";
import { dayAfter } from "../model/dates.ts";
import type { ReminderView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { ago, dayName } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";
import { Empty } from "../ui/empty.tsx";
import { Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { now } from "../ui/now.ts";
import { useSaving } from "../ui/saving.ts";
import { Screen } from "../ui/screen.tsx";
import { Status } from "../ui/status.tsx";
import { MailFails } from "./mail-fails.tsx";

const FIRST = 10;
const UNDO_MS = 6_000;

export function Reminders() {
  const [muting, setMuting] = useState<ReminderView | null>(null);
  const [waits, setWaits] = useState("");
  const shown = view.value.reminders.filter(({ id }) => id !== muting?.id);
  const open = shown.filter(({ state }) => state === "new" || state === "seen");
  const waiting = shown.filter(({ state }) => state === "put_off");
  const over = shown.filter(({ state }) => state === "over");
  return (
    <Screen title={t("reminders.title")} back={{ href: paths.me, name: t("tab.me") }}>
      {muting && <Muting key={muting.id} one={muting} onOver={() => setMuting(null)} />}
      <p class="only-heard" role="status">
        {waits && t("reminders.put_off", { title: waits })}
      </p>
      <MailFails withWay />
      {open.length === 0 && !muting && (
        <Empty picture="quay" title={t("reminders.empty.title")} body={t("reminders.empty.body")} />
      )}
      {open.length > 0 && (
        <ul class="section">
          {open.map((one) => (
            <Open key={one.id} one={one} onMute={() => setMuting(one)} onWait={() => setWaits(one.title)} />
          ))}
        </ul>
      )}
      {waiting.length > 0 && <Quiet title={t("reminders.waiting")} reminders={waiting} />}
      {over.length > 0 && <Quiet title={t("reminders.over")} reminders={over.slice(0, FIRST)} />}
      <nav class="rows" aria-label={t("settings.title")}>
        <a class="row" href={paths.reminderSettings}>
          <span class="told-icon">
            <Icon name="bell" />
          </span>
          <span class="row-text">
            <span class="row-name">{t("reminders.settings")}</span>
          </span>
          <Icon name="forward" />
        </a>
      </nav>
    </Screen>
  );
}

function Open({ one, onMute, onWait }: { one: ReminderView; onMute: () => void; onWait: () => void }) {
  const { failed, save } = useSaving();
  const wait = async () => {
    const tomorrow = dayAfter(view.value.today);
    if (await save(() => actions.putOffReminder(one.id, tomorrow))) onWait();
  };
  return (
    <li class="card reminder">
      <div>
        {one.state === "new" && (
          <p>
            <Status state="now" words={t("reminders.new")} sign="bell" />
          </p>
        )}
        <h2 class="reminder-title">{one.title}</h2>
        <p>{one.body}</p>
        <p class="label">{ago(one.madeAt, now.value, language.value)}</p>
      </div>
      {failed && <Wrong words={t("step.failed_save")} />}
      <div class="buttons">
        <a class="button button-second" href={paths.reminder(one.id)}>
          {t("reminders.open")}
          <About one={one} />
        </a>
        {one.canWait && (
          <button type="button" class="button button-plain" onClick={() => void wait()}>
            <Icon name="clock" size={20} />
            {t("reminders.tomorrow")}
            <About one={one} />
          </button>
        )}
        {one.canMute && (
          <button type="button" class="button button-plain" onClick={onMute}>
            <Icon name="bell_off" size={20} />
            {t("reminders.mute")}
            <About one={one} />
          </button>
        )}
      </div>
    </li>
  );
}

function About({ one }: { one: ReminderView }) {
  return <span class="only-heard"> {t("reminders.about", { title: one.title })}</span>;
}

/** A slip is undone before anybody hears of it: said is it when the time for that is over, or the screen is left. */
function Muting({ one, onOver }: { one: ReminderView; onOver: () => void }) {
  const isMeant = useRef(true);
  useEffect(() => {
    const say = () => {
      if (isMeant.current) void actions.muteReminder(one.id).catch(() => undefined);
      isMeant.current = false;
    };
    const hidden = () => document.visibilityState === "hidden" && say();
    const timer = setTimeout(onOver, UNDO_MS);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", hidden);
      say();
    };
  }, []);
  const takeBack = () => {
    isMeant.current = false;
    onOver();
  };
  return (
    <Banner icon="bell_off" spoken>
      <p>{t("reminders.muted", { title: one.title })}</p>
      <div class="buttons">
        <button type="button" class="button button-plain" onClick={takeBack}>
          {t("undo")}
        </button>
      </div>
    </Banner>
  );
}

function Quiet({ title, reminders }: { title: string; reminders: ReminderView[] }) {
  return (
    <section class="section">
      <h2>{title}</h2>
      <ul class="rows">
        {reminders.map((one) => (
          <li key={one.id}>
            <a class="row" href={paths.reminder(one.id)}>
              <span class="row-text">
                <span class="row-name">{one.title}</span>
                <span class="stop-more">
                  <Fate one={one} />
                </span>
              </span>
              <Icon name="forward" />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Fate({ one }: { one: ReminderView }) {
  const { today } = view.value;
  if (one.until) return <span>{t("reminders.again", { day: dayName(one.until, today, language.value) })}</span>;
  const words = t(`reminders.over.${one.why ?? "ended"}`);
  return one.why === "done" ? <Status state="done" words={words} /> : <span>{words}</span>;
}
