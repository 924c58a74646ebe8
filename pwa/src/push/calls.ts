// What the phone and the server say to each other about push, and about the phones that a person has.
import type { OwnDevices, PushKey, PushSubscribed, PushTested } from "../protocol.gen.ts";
import type { Result, Transport } from "../sync/transport.ts";

const SUBSCRIPTIONS = "/api/push/subscriptions";
const DEVICES = "/api/devices";
const done = () => true as const;

export const askKey = (send: Transport): Promise<Result<PushKey>> =>
  send({ method: "GET", url: "/api/push/key", read: readKey });

export const tellSubscribed = (send: Transport, body: PushSubscribed): Promise<Result<true>> =>
  send({ method: "POST", url: SUBSCRIPTIONS, body, read: done });

export const tellUnsubscribed = (send: Transport, deviceId: string): Promise<Result<true>> =>
  send({ method: "DELETE", url: `${SUBSCRIPTIONS}/${deviceId}`, read: done });

export const askDevices = (send: Transport, deviceId: string): Promise<Result<OwnDevices>> =>
  send({ method: "GET", url: `${DEVICES}?this=${deviceId}`, read: readDevices });

export const testDevice = (send: Transport, deviceId: string): Promise<Result<PushTested>> =>
  send({ method: "POST", url: `${DEVICES}/${deviceId}/test`, read: readTested });

export const removeDevice = (send: Transport, deviceId: string): Promise<Result<true>> =>
  send({ method: "DELETE", url: `${DEVICES}/${deviceId}`, read: done });

function readTested(body: unknown): PushTested | null {
  const { said } = (body ?? {}) as Partial<PushTested>;
  return typeof said === "string" ? { said } : null;
}

function readKey(body: unknown): PushKey | null {
  const { key, key_id } = (body ?? {}) as Partial<PushKey>;
  return typeof key === "string" && typeof key_id === "string" ? { key, key_id } : null;
}

function readDevices(body: unknown): OwnDevices | null {
  const { devices } = (body ?? {}) as Partial<OwnDevices>;
  return Array.isArray(devices) ? { devices } : null;
}
