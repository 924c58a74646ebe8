// The same engine as in the page, run once for a person: Background Sync, and first of all when a push arrives.
import { openPersonHere, type PersonStore } from "../pwa/src/storage/database.ts";
import { freeHeavyMedia } from "../pwa/src/storage/media.ts";
import { openNotices } from "../pwa/src/storage/notice.ts";
import { isAnythingWaiting } from "../pwa/src/storage/portions.ts";
import { personsHere } from "../pwa/src/storage/wiping.ts";
import { createClock } from "../pwa/src/sync/clock.ts";
import { createEngine } from "../pwa/src/sync/engine.ts";
import { handIn } from "../pwa/src/sync/handing-in.ts";
import { ensureRegistered, labelOf } from "../pwa/src/sync/registering.ts";
import { createTransport, type Transport } from "../pwa/src/sync/transport.ts";

const AGAIN_MS = 200;
const MOST_TRIES = 25;

export const setTimer = (act: () => void, ms: number): (() => void) => {
  const id = setTimeout(act, ms);
  return () => clearTimeout(id);
};
export const clockHere = () =>
  createClock(
    () => Date.now(),
    () => performance.now(),
  );
export const transportOf = (appVersion: string): Transport =>
  createTransport({ fetch: (url, init) => fetch(url, init), setTimer, appVersion });

/** Something is done with the store of each person of this phone, one after the other. */
export async function forEachPerson(act: (store: PersonStore) => Promise<void>): Promise<void> {
  for (const personId of await personsHere()) {
    const store = openPersonHere(personId);
    try {
      await act(store);
    } catch (error) {
      // Wiped meanwhile: nothing of theirs is left to be done.
      if ((await personsHere()).includes(personId)) throw error;
    } finally {
      store.close();
    }
  }
}

/** Rejects where acts still wait: then the browser wakes the worker again. */
export async function flushAll(appVersion: string): Promise<void> {
  const boxes = { transport: transportOf(appVersion), now: () => Date.now(), locks: navigator.locks ?? null };
  const { left } = await handIn(boxes, false);
  await forEachPerson(async (store) => {
    if (!(await waitsIn(store))) return;
    const { pointless } = await syncPerson(store, appVersion);
    if (!pointless && (await waitsIn(store))) throw new Error("acts still wait");
  });
  if (left > 0) throw new Error("sealed boxes still wait");
}

/** What is new for every person here; whose session is not there any more is passed over. */
export async function syncAll(appVersion: string): Promise<void> {
  await forEachPerson(async (store) => {
    await syncPerson(store, appVersion);
  });
}

function waitsIn(store: PersonStore): Promise<boolean> {
  return store.read(["outbox"], isAnythingWaiting);
}

/** pointless: trying again helps nothing before somebody signs in. */
export async function syncPerson(store: PersonStore, appVersion: string): Promise<{ pointless: boolean }> {
  const transport = transportOf(appVersion);
  const notices = openNotices(store.personId);
  const engine = createEngine({
    store,
    transport,
    prepare: () => ensureRegistered(store, transport, null, labelOf(navigator.userAgent), Date.now()),
    clock: clockHere(),
    appVersion,
    random: Math.random,
    setTimer,
    locks: navigator.locks ?? null,
    onState: () => undefined,
    onConnection: () => undefined,
    onTaken: () => notices.tell("replica"),
    onStopped: () => undefined,
    freeMedia: freeHeavyMedia,
  });
  // Idle and not done: the page is at it. What it brings is what was asked for, so it is waited for.
  for (let tries = 0; tries < MOST_TRIES && !(await engine.run()) && engine.state === "idle"; tries++) {
    await new Promise((over) => setTimeout(over, AGAIN_MS));
  }
  const pointless = engine.state === "signed_out" || engine.state === "stopped";
  engine.stop();
  notices.close();
  return { pointless };
}
