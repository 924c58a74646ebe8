// Everything that lives while one person uses this phone: store, clock, engine, triggers, downloads, and the projection.
import { createDownloads, type Downloads } from "../downloads/downloader.ts";
import { type DownloadState, retiredHashes, wantedHashes } from "../downloads/plan.ts";
import { networkOf } from "../downloads/room.ts";
import { project } from "../model/project.ts";
import type { Score } from "../model/quiz.ts";
import type { View } from "../model/view.ts";
import { openPerson, type PersonStore, PREFIX } from "../storage/database.ts";
import { type Device, knowDevice, rememberSeq } from "../storage/device.ts";
import { NotSaved } from "../storage/failures.ts";
import { keepJump } from "../storage/heard.ts";
import type { Keepsake } from "../storage/keepsake.ts";
import { freeHeavyMedia } from "../storage/media.ts";
import { type Notices, openNotices } from "../storage/notice.ts";
import { persistDatabase } from "../storage/opening.ts";
import { type Draft, enter } from "../storage/outbox.ts";
import { openPocket, type Pocket } from "../storage/pocket.ts";
import { snapshotReader } from "../storage/reading.ts";
import { openSpare, type Spare } from "../storage/spare.ts";
import { createClock, type SyncClock } from "../sync/clock.ts";
import { createEngine, type Engine, type EnginePorts, type EngineState } from "../sync/engine.ts";
import { ensureRegistered, labelOf } from "../sync/registering.ts";
import type { Transport } from "../sync/transport.ts";
import { startTriggers, type Triggers } from "../sync/triggers.ts";

export interface LifePorts {
  keepsake: Keepsake;
  transport: Transport;
  appVersion: string;
  setTimer(act: () => void, ms: number): () => void;
  onView(view: View): void;
  onEngine(state: EngineState): void;
  onConnection(reached: boolean): void;
  onDownloads(states: Record<string, DownloadState>): void;
  onStopped: EnginePorts["onStopped"];
  onBroken(): void;
  /** the person has left in another tab, and nothing of theirs is here any more */
  onLeft(): void;
  /** on an iPhone's tab, until it is clear that the home screen is not to be used */
  holdsDownloads(): boolean;
}
export interface Life {
  readonly personId: string;
  readonly store: PersonStore;
  readonly engine: Engine;
  readonly downloads: Downloads;
  readonly device: Device;
  readonly pocket: Pocket;
  now(): number;
  enter(draft: Draft, score?: Score | null): Promise<void>;
  refresh(): Promise<void>;
  sendNow(): void;
  close(): void;
}

export async function beginLife(personId: string, ports: LifePorts): Promise<Life> {
  const store = openPerson(personId);
  const spare = await openSpare(store, ports.keepsake);
  const device = await knowDevice(store, ports.keepsake);
  const clock = createClock(
    () => Date.now(),
    () => performance.now(),
  );
  const notices = openNotices(personId);
  const pocket = await openPocket(store, notices);
  const downloads = createDownloads(downloadPorts(store, notices, ports));
  const engine = createEngine(enginePorts(store, clock, notices, downloads, spare, ports));
  const refresh = createRefresh(store, engine, downloads, ports);
  notices.hear((topic) => {
    if (topic === "signed_out") return ports.onLeft();
    if (topic === "pocket") return void pocket.look().catch(() => undefined);
    void refresh();
    if (topic === "media") void downloads.look().catch(() => undefined);
  });
  await refresh();
  void spare.tidy();
  const keepJumped = () => {
    if (clock.hasJumped()) void keepJump(store).catch(() => undefined);
  };
  const onNetwork = () => {
    if (!ports.holdsDownloads()) downloads.networkChanged();
  };
  network()?.addEventListener?.("change", onNetwork);
  const triggers = startTriggers({
    engine,
    window,
    document,
    random: Math.random,
    setTimer: ports.setTimer,
    onVisible: () => {
      clock.resumed();
      keepJumped();
      void refresh();
    },
    onHidden: keepJumped,
  });
  return {
    personId,
    store,
    engine,
    downloads,
    device,
    pocket,
    now: clock.now,
    refresh,
    enter: (draft, score = null) => keep(draft, score, { store, spare, clock, notices, triggers, refresh, ports }),
    sendNow: triggers.now,
    close: () => {
      network()?.removeEventListener?.("change", onNetwork);
      triggers.stop();
      engine.stop();
      downloads.stop();
      notices.close();
      spare.close();
      store.close();
    },
  };
}

function enginePorts(
  store: PersonStore,
  clock: SyncClock,
  notices: Notices,
  downloads: Downloads,
  spare: Spare,
  ports: LifePorts,
): EnginePorts {
  return {
    store,
    transport: ports.transport,
    prepare: () => ensureRegistered(store, ports.transport, ports.keepsake, labelOf(navigator.userAgent), clock.now()),
    clock,
    appVersion: ports.appVersion,
    random: Math.random,
    setTimer: ports.setTimer,
    locks: navigator.locks ?? null,
    onState: (state) => {
      if (state === "idle") void spare.tidy();
      ports.onEngine(state);
    },
    onConnection: ports.onConnection,
    onTaken: () => {
      notices.tell("replica");
      downloads.again();
    },
    onStopped: ports.onStopped,
    freeMedia: async () => {
      const freed = await freeHeavyMedia();
      if (freed) notices.tell("media");
      return freed;
    },
  };
}

function downloadPorts(store: PersonStore, notices: Notices, ports: LifePorts): Parameters<typeof createDownloads>[0] {
  return {
    store,
    caches,
    fetch: (url, init) => fetch(url, init),
    estimate: async () => (await navigator.storage?.estimate?.()) ?? {},
    network: () => networkOf(network()),
    setTimer: ports.setTimer,
    locks: navigator.locks ?? null,
    onStates: ports.onDownloads,
    onDocuments: () => notices.tell("documents"),
    persist: async () => {
      await persistDatabase(PREFIX + store.personId);
      return navigator.storage?.persist?.();
    },
  };
}

/** Only Chromium has it. */
function network(): (EventTarget & { type?: string; saveData?: boolean }) | undefined {
  return (navigator as { connection?: EventTarget }).connection;
}

/** Coalesced: however many changes arrive, one reading runs and at most one follows. */
function createRefresh(
  store: PersonStore,
  engine: Engine,
  downloads: Downloads,
  ports: LifePorts,
): () => Promise<void> {
  const read = snapshotReader(store);
  let running: Promise<void> | null = null;
  let again = false;
  let shown = false;
  let settled = "";

  const once = async (): Promise<void> => {
    const snapshot = await read();
    // Half a snapshot would show a course list that shrinks and grows again under someone's hands.
    if (snapshot.partial && shown && engine.state === "sending") return;
    const view = project(snapshot, store.personId, navigator.language || "sv", Date.now());
    shown = view.self !== null;
    ports.onView(view);
    if (snapshot.partial || view.self === null || ports.holdsDownloads()) return;
    const documents = new Map(snapshot.documents.map(({ hash, document }) => [hash, document]));
    const retired = retiredHashes(view, documents);
    const wanted = wantedHashes(view, documents);
    const key = JSON.stringify([retired, wanted]);
    if (key === settled) return;
    settled = key;
    // After the screen: the first picture of Today must not wait behind a film.
    ports.setTimer(() => {
      void downloads
        .retire(retired)
        .then(() => downloads.want(wanted))
        .catch(() => undefined);
    }, 300);
  };
  const refresh = (): Promise<void> => {
    again = true;
    running ??= (async () => {
      while (again) {
        again = false;
        await once();
      }
    })()
      .catch((error) => {
        if (error instanceof NotSaved && error.why === "storage_lost") ports.onBroken();
        else if (!(error instanceof NotSaved)) throw error;
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
  return refresh;
}

interface Keeping {
  store: PersonStore;
  spare: Spare;
  clock: SyncClock;
  notices: Notices;
  triggers: Triggers;
  refresh(): Promise<void>;
  ports: LifePorts;
}

async function keep(draft: Draft, score: Score | null, at: Keeping): Promise<void> {
  const { store, spare, clock, notices, triggers, refresh, ports } = at;
  const row = await enter(store, draft, clock, score).catch(async (error) => {
    const full = error instanceof NotSaved && error.why === "no_room";
    if (!full || !(await freeHeavyMedia())) throw error;
    notices.tell("media");
    return enter(store, draft, clock, score);
  });
  rememberSeq(store.personId, row.seq, ports.keepsake);
  await spare.keep(row);
  notices.tell("outbox");
  await refresh();
  triggers.acted();
}
