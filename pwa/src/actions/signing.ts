// Signing in and out, as answers that a screen can show.
import { isAct } from "../model/overlay.ts";
import { openPersonHere } from "../storage/database.ts";
import { wipePerson } from "../storage/wiping.ts";
import type { Refused } from "../sync/transport.ts";
import type { Life } from "./living.ts";

export type SignInAnswer =
  | { ok: true }
  | { ok: false; why: "wrong" | "throttled" | "offline" | "server" | "storage"; retryAfterS?: number };

type SetTimer = (act: () => void, ms: number) => () => void;
const FLUSH_MS = 5_000;
const HURRY_MS = 1_500;
const LEAVE_MS = 3_000;

export function signInAnswerOf({ why, code, retryAfterS }: Refused): SignInAnswer {
  switch (why) {
    case "signed_out":
    case "malformed": // a code of three letters is as wrong as a wrong one
      return { ok: false, why: "wrong" };
    case "busy": // a server in a crowd says so as well, and that is nobody's doing here
      if (code !== "too_many_tries") return { ok: false, why: "server" };
      return retryAfterS === null ? { ok: false, why: "throttled" } : { ok: false, why: "throttled", retryAfterS };
    case "offline":
      return { ok: false, why: "offline" };
    case "disabled":
    case "wrong_person":
    case "erased":
    case "too_large":
    case "upgrade":
    case "server":
      return { ok: false, why: "server" };
    default:
      return why satisfies never;
  }
}

/** Tries for five seconds, or for a breath, to tell what waits; how many acts only this phone still knows of. */
export async function flushAndCount(life: Life, setTimer: SetTimer, inHurry = false): Promise<number> {
  const waiting = async () => {
    const rows = await life.store.withDatabase((db) => db.getAll("outbox"));
    return rows.filter(({ op, outcome }) => outcome === null && isAct(op)).length;
  };
  if ((await waiting()) === 0) return 0;
  let stop = () => {};
  const tooLong = new Promise<void>((resolve) => {
    stop = setTimer(resolve, inHurry ? HURRY_MS : FLUSH_MS);
  });
  await Promise.race([life.engine.run(true), tooLong]);
  stop();
  return waiting();
}

/** A courtesy that keeps nobody from leaving. */
export async function inTime(act: () => Promise<void>, setTimer: SetTimer): Promise<void> {
  let stop = () => {};
  const tooLong = new Promise<void>((resolve) => {
    stop = setTimer(resolve, LEAVE_MS);
  });
  await Promise.race([act().catch(() => undefined), tooLong]);
  stop();
}

/** Another person signs in on this phone: the one before leaves nothing, except acts that nobody else knows of. */
export async function forgetIfTold(personId: string): Promise<void> {
  const store = openPersonHere(personId);
  const rows = await store.withDatabase((db) => db.getAll("outbox")).catch(() => null);
  store.close();
  if (rows?.every(({ op, outcome }) => outcome !== null || !isAct(op))) await wipePerson(personId);
}
