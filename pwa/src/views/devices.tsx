// One's own phones: which of them remind, when they were heard, trying one, taking one away. The server knows; offline
// the screen says what that means.
import { useEffect, useState } from "preact/hooks";
import { connection } from "../app-state.ts";
import type { OwnDevice, PushTested } from "../protocol.gen.ts";
import { listDevices, removePhone, testPhone } from "../reminder-state.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { ago } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { now } from "../ui/now.ts";
import { Screen } from "../ui/screen.tsx";
import { ToldHere } from "./told-here.tsx";

type Why = "offline" | "server";

export function Devices() {
  const [devices, setDevices] = useState<OwnDevice[] | null>(null);
  const [why, setWhy] = useState<Why | null>(null);
  const [asked, setAsked] = useState<OwnDevice | null>(null);
  const load = async () => {
    const answer = await listDevices();
    if (answer?.ok) setDevices(answer.value.devices);
    setWhy(answer && !answer.ok ? whyOf(answer.why) : null);
  };
  // With the network back the list comes by itself.
  useEffect(() => void load(), [connection.value]);
  return (
    <Screen
      title={t("devices.title")}
      back={{ href: paths.me, name: t("tab.me") }}
      below={<p class="quiet">{t("devices.lead")}</p>}
    >
      {why && <Failed why={why} onAgain={() => void load()} />}
      {!devices && why && <ToldHere />}
      {!devices && !why && <Bones />}
      {devices && (
        <ul class="rows">
          {devices.map((one) => (
            <Device key={one.device_id} one={one} isOffline={why !== null} onRemove={() => setAsked(one)} />
          ))}
        </ul>
      )}
      {asked && <Sure one={asked} onClose={() => setAsked(null)} onGone={() => void load()} />}
    </Screen>
  );
}

function whyOf(why: string): Why {
  return why === "offline" ? "offline" : "server";
}

function Failed({ why, onAgain }: { why: Why; onAgain: () => void }) {
  return (
    <Banner icon={why === "offline" ? "off" : "alert"} tone={why === "offline" ? "calm" : "soon"}>
      <p>{t(`devices.${why}`)}</p>
      <div class="buttons">
        <button type="button" class="button button-plain" onClick={onAgain}>
          {t("devices.again")}
        </button>
      </div>
    </Banner>
  );
}

function Bones() {
  return (
    <div class="section" aria-hidden="true">
      <div class="bone bone-line" />
      <div class="bone bone-line bone-short" />
    </div>
  );
}

interface DeviceProps {
  one: OwnDevice;
  isOffline: boolean;
  onRemove: () => void;
}

function Device({ one, isOffline, onRemove }: DeviceProps) {
  const [told, setTold] = useState<"handed_over" | "gone" | Why | null>(null);
  const name = nameOf(one);
  const test = async () => {
    const answer = await testPhone(one.device_id);
    setTold(answer.ok ? saidOf(answer.value.said) : whyOf(answer.why));
  };
  return (
    <li class="row device">
      <span class="row-text">
        <span class="row-name">{one.is_this ? t("devices.this") : name}</span>
        {one.is_this && <span class="label">{name}</span>}
        <span class="label">{t("devices.heard", { time: ago(one.last_heard_at, now.value, language.value) })}</span>
        <span class="label fact">
          <Icon name={one.gets_push ? "bell" : "bell_off"} size={18} />
          {t(one.gets_push ? "devices.on" : "devices.off")}
        </span>
      </span>
      {!isOffline && (
        <span class="buttons">
          {one.gets_push && (
            <button type="button" class="button button-plain" onClick={() => void test()}>
              {t("devices.test")}
              <span class="only-heard"> {name}</span>
            </button>
          )}
          {one.is_this && !one.gets_push && (
            <a class="button button-plain" href={paths.reminderSettings}>
              {t("devices.turn_on")}
            </a>
          )}
          {!one.is_this && (
            <button type="button" class="button button-plain button-warn" onClick={onRemove}>
              {t("devices.remove")}
              <span class="only-heard"> {name}</span>
            </button>
          )}
        </span>
      )}
      <span class="label" role="status">
        {told && t(`devices.${told}`)}
      </span>
    </li>
  );
}

function saidOf(tested: PushTested["said"]): "handed_over" | "gone" | "server" {
  switch (tested) {
    case "handed_over":
      return "handed_over";
    case "gone":
    case "no_subscription":
      return "gone";
    case "later":
    case "refused":
      return "server";
    default:
      return tested satisfies never;
  }
}

const BROWSERS: Record<string, string> = { Edg: "Edge", SamsungBrowser: "Samsung Internet" };

/** What it told of itself when it was registered. */
function nameOf({ label }: OwnDevice): string {
  if (!label) return t("devices.nameless");
  return label
    .split(" ")
    .map((word) => BROWSERS[word] ?? word)
    .join(" · ");
}

function Sure({ one, onClose, onGone }: { one: OwnDevice; onClose: () => void; onGone: () => void }) {
  const [why, setWhy] = useState<Why | null>(null);
  const remove = async () => {
    const answer = await removePhone(one.device_id);
    if (!answer.ok) return setWhy(whyOf(answer.why));
    onGone();
    onClose();
  };
  return (
    <Dialog
      title={nameOf(one)}
      onClose={onClose}
      actions={
        <div class="section">
          {why && <Wrong words={t(`devices.${why}`)} />}
          <button type="button" class="button button-main button-wide" onClick={() => void remove()}>
            {t("devices.remove.action")}
          </button>
          <button type="button" class="button button-second button-wide" onClick={onClose}>
            {t("cancel")}
          </button>
        </div>
      }
    >
      <p>{t("devices.remove.sure")}</p>
    </Dialog>
  );
}
