// Background Sync: the same engine as in the page, run once for each person whose acts wait on this phone.
import { openPerson, type PersonStore } from "../pwa/src/storage/database.ts";
import { freeHeavyMedia } from "../pwa/src/storage/media.ts";
import { openNotices } from "../pwa/src/storage/notice.ts";
import { personsHere } from "../pwa/src/storage/wiping.ts";
import { createClock } from "../pwa/src/sync/clock.ts";
import { createEngine } from "../pwa/src/sync/engine.ts";
import { ensureRegistered } from "../pwa/src/sync/registering.ts";
import { createTransport } from "../pwa/src/sync/transport.ts";

/** Rejects where acts still wait: then the browser wakes the worker again. */
export async function flushAll(appVersion: string): Promise<void> {
  for (const personId of await personsHere()) {
    const store = openPerson(personId);
    try {
      if ((await waitingIn(store)) > 0) await flush(store, appVersion);
    } finally {
      store.close();
    }
  }
}

async function waitingIn(store: PersonStore): Promise<number> {
  const rows = await store.withDatabase((db) => db.getAll("outbox"));
  return rows.filter(({ outcome }) => outcome === null).length;
}

async function flush(store: PersonStore, appVersion: string): Promise<void> {
  const setTimer = (act: () => void, ms: number) => {
    const id = setTimeout(act, ms);
    return () => clearTimeout(id);
  };
  const transport = createTransport({ fetch: (url, init) => fetch(url, init), setTimer, appVersion });
  const notices = openNotices(store.personId);
  const engine = createEngine({
    store,
    transport,
    prepare: () => ensureRegistered(store, transport, null, "worker"),
    clock: createClock(
      () => Date.now(),
      () => performance.now(),
    ),
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
  await engine.run();
  const pointless = engine.state === "signed_out" || engine.state === "stopped";
  engine.stop();
  notices.close();
  if (!pointless && (await waitingIn(store)) > 0) throw new Error("acts still wait");
}
