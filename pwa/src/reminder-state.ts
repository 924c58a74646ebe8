// The other half of the state, of the rooms behind Today: reminders on this phone, and the phones that a person has.
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { actions, connection, leaving, lifeNow, transport, view } from "./app-state.ts";
import { isTimeToAsk } from "./model/reminders.ts";
import type { View } from "./model/view.ts";
import type { OwnDevices, PushTested } from "./protocol.gen.ts";
import { askDevices, removeDevice, testDevice } from "./push/calls.ts";
import { type Permission, type PushDoor, pushDoor } from "./push/door.ts";
import { leavePush } from "./push/leaving.ts";
import { changePush, type Mended, mend, readPush } from "./push/mending.ts";
import { countUnseen, followingWhatIsOver, showCount } from "./push/shown.ts";
import { knowDevice } from "./storage/device.ts";
import type { Result } from "./sync/transport.ts";

export interface RemindedHere {
  permission: Permission;
  /** what the person said when asked on this phone; null: not asked yet */
  answer: "yes" | "no" | null;
  mended: Mended | null;
}

/** null until it has been looked at */
export const here: Signal<RemindedHere | null> = signal(null);
export const isTimeToAskHere: ReadonlySignal<boolean> = computed(
  () => here.value?.answer === null && here.value.permission !== "denied" && isTimeToAsk(view.value),
);
const MEND_EVERY_MS = 3_600_000;
const MEND_AGAIN_MS = 60_000;
/** A push service that says nothing keeps nobody waiting: it is mended later. */
const PATIENCE_MS = 8_000;
let hasBegun = false;
let personId: string | null = null;
let mendedAt = 0;
let closing = followingWhatIsOver();
let mending: Promise<void> = Promise.resolve();

const permissionNow = () => ("Notification" in globalThis ? Notification.permission : undefined);
const registrationNow = async () => (await navigator.serviceWorker?.getRegistration()) ?? null;
const doorNow = async (): Promise<PushDoor> => pushDoor(await registrationNow(), permissionNow);

/** From now on the lock screen and the icon follow what is true, and the subscription is mended. Again: nothing new. */
export function beginReminding(): void {
  if (hasBegun) return;
  hasBegun = true;
  leaving.before = async () => {
    const life = lifeNow();
    if (life) await leavePush(life.store, transport, await registrationNow(), navigator);
  };
  effect(() => void follow(view.value).catch(() => undefined));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    closing = followingWhatIsOver(); // what was shown behind its back is looked at too
    void follow(view.value).catch(() => undefined);
  });
  effect(() => {
    // Judged by results: the server has just been reached.
    if (connection.value === "online" && view.value.self) void mendHere().catch(() => undefined);
  });
}

/** Asks the phone for its permission first of all: it counts only within the tap. */
export async function remindHere(quietHours: string | null): Promise<void> {
  const permission = permissionNow() === "default" ? await Notification.requestPermission() : permissionNow();
  if (quietHours) await actions.setPreference("quiet_hours", quietHours);
  if (!view.value.preferences.reminders) await actions.setPreference("reminders", "on");
  await answer(permission === "granted" || permission === "denied" ? "yes" : null);
}

export async function doNotRemindHere(): Promise<void> {
  await answer("no");
}

export async function setReminders(on: boolean): Promise<void> {
  await actions.setPreference("reminders", on ? "on" : "off");
  await mendHere(true);
}

export const listDevices = (): Promise<Result<OwnDevices> | null> => withDevice((id) => askDevices(transport, id));
export const testPhone = (deviceId: string): Promise<Result<PushTested>> => testDevice(transport, deviceId);
export const removePhone = (deviceId: string): Promise<Result<true>> => removeDevice(transport, deviceId);

async function withDevice<T>(ask: (deviceId: string) => Promise<T>): Promise<T | null> {
  const life = lifeNow();
  return life ? ask((await knowDevice(life.store, null)).deviceId) : null;
}

async function answer(said: RemindedHere["answer"]): Promise<void> {
  const life = lifeNow();
  if (life) await changePush(life.store, { answer: said });
  await look();
  await Promise.race([mendHere(true), new Promise((over) => setTimeout(over, PATIENCE_MS))]);
}

async function look(mended: Mended | null = here.value?.mended ?? null): Promise<void> {
  const life = lifeNow();
  if (!life) return;
  const [{ answer: said }, door] = await Promise.all([readPush(life.store), doorNow()]);
  here.value = { permission: door.permission(), answer: said, mended };
}

/** At each start, and then at most once an hour; one after the other. */
function mendHere(now = false): Promise<void> {
  if (!now && Date.now() - mendedAt < MEND_EVERY_MS) return mending;
  mendedAt = Date.now();
  mending = mending.then(mendOnce, mendOnce);
  return mending;
}

async function mendOnce(): Promise<void> {
  const life = lifeNow();
  if (!life) return;
  const wanted = view.value.preferences.reminders;
  const mended = await mend({ store: life.store, transport, door: await doorNow(), now: Date.now, wanted });
  if (mended === "later") mendedAt = Date.now() - MEND_EVERY_MS + MEND_AGAIN_MS;
  await look(mended);
}

async function follow(shown: View): Promise<void> {
  if (!shown.self) {
    if (personId) await showCount(navigator, 0); // they have left, in whatever way
    personId = null;
    return;
  }
  if (personId !== shown.self.person_id) {
    personId = shown.self.person_id;
    mendedAt = 0;
    await look(null);
  }
  const registration = await registrationNow();
  if (registration) await closing(registration, shown);
  await showCount(navigator, countUnseen(shown));
}
