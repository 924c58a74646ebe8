// Subscriptions die in silence: the engine renews an endpoint, the server its key, a person takes the permission back.
// So what is, what was told and what is wanted are compared at each start, and mended. Doing it twice changes nothing.
import { type PersonStore, readMeta, writeMeta } from "../storage/database.ts";
import { knowDevice } from "../storage/device.ts";
import type { PushMeta } from "../storage/schema.ts";
import type { Refused, Transport } from "../sync/transport.ts";
import { askDevices, askKey, tellSubscribed, tellUnsubscribed } from "./calls.ts";
import type { Held, PushDoor } from "./door.ts";

/** on: the server can reach this phone; later: not now, the next time mends it; closed: nobody here sends to it. */
export type Mended = "on" | "off" | "denied" | "unsupported" | "later" | "closed";

export interface MendingPorts {
  store: PersonStore;
  transport: Transport;
  door: PushDoor;
  now(): number;
  /** what the person has said of reminders, on all of their phones */
  wanted: boolean;
}
/** So often a subscription that holds is told again: then the server knows that it lives. */
const TELL_EVERY_MS = 86_400_000;

export async function mend(ports: MendingPorts): Promise<Mended> {
  const { store, door, wanted } = ports;
  const meta = await readPush(store);
  const permission = door.permission();
  if (permission === "unsupported") return "unsupported";
  if (meta.answer !== "yes" || !wanted) return letGo(ports, meta, "off");
  if (permission !== "granted") return letGo(ports, meta, "denied");
  try {
    const held = await hold(ports, meta, true);
    return held === "closed" ? letGo(ports, meta, held) : held;
  } catch {
    return door.permission() === "denied" ? "denied" : "later"; // the push service could not be reached, say
  }
}

/** Nobody is to reach this phone any more. Where the server cannot be told, its push service says so the next time. */
async function letGo({ store, transport, door }: MendingPorts, meta: PushMeta, mended: Mended): Promise<Mended> {
  if (await door.held()) await door.unsubscribe();
  if (!meta.told) return mended;
  const { deviceId } = await knowDevice(store, null);
  if ((await tellUnsubscribed(transport, deviceId)).ok) await changePush(store, { told: null });
  return mended;
}

async function hold(ports: MendingPorts, meta: PushMeta, mayAskAgain: boolean): Promise<Mended> {
  const { store, transport, door, now } = ports;
  const answer = await askKey(transport);
  if (!answer.ok) return failed(answer);
  const { key, key_id } = answer.value;
  const held = await heldFor(door, key, meta.told?.key_id === key_id);
  const { told } = meta;
  const { deviceId } = await knowDevice(store, null);
  const isTold = told?.endpoint === held.endpoint && told.key_id === key_id && now() - told.at_ms < TELL_EVERY_MS;
  if (isTold && (await isKnown(transport, deviceId))) return "on";
  const { endpoint, p256dh, auth } = held;
  const taken = await tellSubscribed(transport, { device_id: deviceId, endpoint, p256dh, auth, key_id });
  // The key was rotated between the two calls.
  if (!taken.ok && taken.code === "key_is_old" && mayAskAgain) return hold(ports, meta, false);
  if (!taken.ok) return failed(taken);
  await changePush(store, { told: { endpoint, key_id, at_ms: now() } });
  return "on";
}

/** The server may have forgotten it meanwhile: the sign-in that told it is over, or its push service said that it is gone. */
async function isKnown(transport: Transport, deviceId: string): Promise<boolean> {
  const answer = await askDevices(transport, deviceId);
  return !answer.ok || answer.value.devices.some(({ is_this, gets_push }) => is_this && gets_push);
}

/** The organisation sends no push at all, or not to this engine's push service: asking again helps nothing. */
const FOR_GOOD = new Set(["push_off", "endpoint_refused", "push_keys_wrong"]);

function failed({ code }: Refused): Mended {
  return code !== null && FOR_GOOD.has(code) ? "closed" : "later";
}

/** The subscription for that key. One for another key takes no message of ours, and stands in the way of a new one. */
async function heldFor(door: PushDoor, key: string, wasForKey: boolean): Promise<Held> {
  const held = await door.held();
  if (held && (held.key === null ? wasForKey : held.key === bare(key))) return held;
  if (held) await door.unsubscribe();
  return door.subscribe(key);
}

function bare(key: string): string {
  return key.replace(/=+$/, "");
}

export async function readPush(store: PersonStore): Promise<PushMeta> {
  return (await store.read(["meta"], (tx) => readMeta(tx, "push"))) ?? { answer: null, told: null };
}

export async function changePush(store: PersonStore, change: Partial<PushMeta>): Promise<void> {
  await store.write(["meta"], async (tx) => {
    const before = (await readMeta(tx, "push")) ?? { answer: null, told: null };
    await writeMeta(tx, "push", { ...before, ...change });
  });
}
