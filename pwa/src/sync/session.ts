// The session's calls: who is signed in, and which device this is.
import type { DeviceRegistered, DeviceRegistration, HandoverCode, SignedIn } from "../protocol.gen.ts";
import type { Result, Transport } from "./transport.ts";

const withString =
  <T>(field: keyof T & string) =>
  (body: unknown): T | null =>
    typeof body === "object" && body !== null && typeof (body as Record<string, unknown>)[field] === "string"
      ? (body as T)
      : null;
const signedIn = withString<SignedIn>("person_id");

export const askSession = (send: Transport): Promise<Result<SignedIn>> =>
  send({ method: "GET", url: "/api/session", read: signedIn });

export const signInByPassword = (send: Transport, email: string, password: string): Promise<Result<SignedIn>> =>
  send({ method: "POST", url: "/api/session", body: { email, password }, read: signedIn });

export const signInByCode = (
  send: Transport,
  email: string,
  code: string,
  new_password: string,
): Promise<Result<SignedIn>> =>
  send({ method: "POST", url: "/api/session/code", body: { email, code, new_password }, read: signedIn });

export const endSession = (send: Transport): Promise<Result<true>> =>
  send({ method: "DELETE", url: "/api/session", read: () => true });

export const askHandover = (send: Transport): Promise<Result<HandoverCode>> =>
  send({ method: "POST", url: "/api/session/handover", body: {}, read: withString<HandoverCode>("code") });

export const redeemHandoverCode = (send: Transport, code: string): Promise<Result<SignedIn>> =>
  send({ method: "POST", url: "/api/session/handover/redeem", body: { code }, read: signedIn });

export const registerDevice = (send: Transport, body: DeviceRegistration): Promise<Result<DeviceRegistered>> =>
  send({ method: "POST", url: "/api/devices", body, read: withString<DeviceRegistered>("device_id") });
