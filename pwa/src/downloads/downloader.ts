// One download after the other, until nothing that is wished and allowed is missing. All its memory is on the disk
// (wishes, texts, chunks), so that a kill at any moment loses at most one chunk.
import type { Document } from "../model/snapshot.ts";
import type { PersonStore } from "../storage/database.ts";
import { isQuota, NotSaved } from "../storage/failures.ts";
import { type FileShape, forget, isHeavy, isWhole, listing, MEDIA_CACHE } from "../storage/media.ts";
import { readWishes } from "../storage/reading.ts";
import type { WishRow } from "../storage/schema.ts";
import { fetchFile, fetchText, NotFetched } from "./fetching.ts";
import {
  contentUrl,
  type DownloadState,
  filesToForget,
  type Ground,
  judge,
  type Network,
  nextTask,
  type Task,
} from "./plan.ts";
import { type Estimate, missingRoom } from "./room.ts";

export interface DownloadPorts {
  store: PersonStore;
  caches: Pick<CacheStorage, "open">;
  fetch(url: string, init: RequestInit): Promise<Response>;
  estimate(): Promise<Estimate>;
  network(): Network;
  setTimer(act: () => void, ms: number): () => void;
  /** null where the browser has none: then two tabs may fetch the same file, and the later one wins nothing */
  locks: Pick<LockManager, "request"> | null;
  onStates(states: Record<string, DownloadState>): void;
  /** a text has come or gone: the view changes with it */
  onDocuments(): void;
  /** asks the browser to keep what is here; once, before the first file */
  persist(): Promise<unknown>;
}
export interface Downloads {
  /** What should come by itself; also tries again what failed. Resolves when nothing more can be done for now. */
  want(hashes: readonly string[]): Promise<void>;
  /** The server has just been reached: what failed is tried again. */
  again(): void;
  wish(hash: string, wish: "tapped" | "paused"): Promise<void>;
  remove(hash: string): Promise<void>;
  retire(gone: readonly string[], old: readonly string[]): Promise<void>;
  /** Looks again at what is here, after another tab or a full phone has changed it. */
  look(): Promise<void>;
  stop(): void;
}
const RETRY_MS = [5_000, 15_000, 60_000, 300_000];

export function createDownloads(ports: DownloadPorts): Downloads {
  const { store } = ports;
  const failed = new Set<string>();
  const noRoom = new Map<string, number>();
  let current: { hash: string; abort: AbortController } | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let failures = 0;
  let stopRetry: (() => void) | null = null;
  let persisted = false;
  let stopped = false;

  const readGround = async (): Promise<Ground> => {
    const [wishes, rows, here] = await Promise.all([
      readWishes(store),
      store.withDatabase((db) => db.getAll("documents")),
      ports.caches.open(MEDIA_CACHE).then(listing),
    ]);
    const documents = new Map(rows.map(({ hash, document }) => [hash, document] as const));
    return { wishes, documents, here, network: ports.network(), failed, noRoom };
  };
  const show = (ground: Ground) => {
    const wishOf = new Map(ground.wishes.map(({ hash, wish }) => [hash, wish]));
    const hashes = new Set([...wishOf.keys(), ...ground.documents.keys()]);
    ports.onStates(
      Object.fromEntries([...hashes].map((hash) => [hash, judge(hash, wishOf.get(hash) ?? null, ground)])),
    );
  };

  const perform = async (task: Task, ground: Ground): Promise<void> => {
    const abort = new AbortController();
    current = { hash: task.hash, abort };
    const fetchPorts = { fetch: ports.fetch, signal: abort.signal, onProgress: () => void readGround().then(show) };
    try {
      if (task.kind === "text") {
        const document = await fetchText(task.hash, fetchPorts);
        await store.write(["documents"], (tx) => tx.objectStore("documents").put({ hash: task.hash, document }));
        ports.onDocuments();
      } else {
        await makeRoom(task, ground);
        if (!noRoom.has(task.hash)) await fetchFile(await ports.caches.open(MEDIA_CACHE), task.file, fetchPorts);
      }
      failures = 0;
    } catch (error) {
      if (!abort.signal.aborted) await takeFailure(task, error);
    } finally {
      current = null;
    }
  };

  /** All files of its sort that the document still needs must fit, not only the next: half a promise is none. */
  const makeRoom = async ({ hash, file }: Task & { kind: "file" }, ground: Ground): Promise<void> => {
    if (!persisted) await ports.persist().catch(() => undefined);
    persisted = true;
    const files = (ground.documents.get(hash)?.media ?? [file]).filter(
      (one) => isHeavy(one) === isHeavy(file) && !isWhole(one, ground.here),
    );
    const missing = missingRoom(total(files), await ports.estimate().catch(() => ({})));
    if (missing > 0) noRoom.set(hash, missing);
  };

  const takeFailure = async (task: Task, error: unknown): Promise<void> => {
    const full = isQuota(error) || (error instanceof NotSaved && error.why === "no_room");
    if (full) {
      const bytes = task.kind === "file" ? task.file.bytes : 0;
      const missing = missingRoom(bytes, await ports.estimate().catch(() => ({})));
      noRoom.set(task.hash, Math.max(missing, bytes));
      return;
    }
    failed.add(task.kind === "text" ? contentUrl(task.hash) : task.file.url);
    if (error instanceof NotFetched && error.why !== "network") return; // asked again with the next sync
    const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 300_000;
    stopRetry?.();
    stopRetry = ports.setTimer(() => {
      failed.clear();
      void pump();
    }, wait);
  };

  const rounds = async (): Promise<void> => {
    for (;;) {
      again = false;
      const ground = await readGround();
      show(ground);
      const task = stopped ? null : nextTask(ground);
      if (task) await perform(task, ground);
      else if (!again) return;
    }
  };
  const alone = async (): Promise<void> => {
    if (!ports.locks) return rounds();
    await ports.locks.request(`rundtur-downloads-${store.personId}`, { ifAvailable: true }, async (lock) => {
      if (lock) return rounds();
      show(await readGround());
      stopRetry?.();
      stopRetry = ports.setTimer(() => void pump(), RETRY_MS[0] ?? 5_000);
    });
  };
  const pump = (): Promise<void> => {
    again = true;
    running ??= alone().finally(() => {
      running = null;
    });
    return running;
  };

  const putWish = (row: WishRow) => store.write(["wishes"], (tx) => tx.objectStore("wishes").put(row));
  const interrupt = (hash: string) => {
    if (current?.hash === hash) current.abort.abort();
  };
  const forgetFiles = async (hashes: ReadonlySet<string>, documents: ReadonlyMap<string, Document>) => {
    const cache = await ports.caches.open(MEDIA_CACHE);
    for (const file of filesToForget(hashes, documents)) await forget(cache, file);
  };

  return {
    want: async (hashes) => {
      failed.clear();
      noRoom.clear();
      const wished = new Set((await readWishes(store)).map(({ hash }) => hash));
      for (const hash of hashes) if (!wished.has(hash)) await putWish({ hash, wish: "auto" });
      await pump();
    },
    again: () => {
      if (failed.size === 0) return;
      failed.clear();
      void pump();
    },
    wish: async (hash, wish) => {
      noRoom.delete(hash);
      failed.clear();
      await putWish({ hash, wish });
      if (wish === "paused") interrupt(hash);
      void pump();
    },
    remove: async (hash) => {
      await putWish({ hash, wish: "deleted" });
      interrupt(hash);
      const { documents } = await readGround();
      await forgetFiles(new Set([hash]), documents);
      await store.write(["documents"], (tx) => tx.objectStore("documents").delete(hash));
      noRoom.clear();
      ports.onDocuments();
      await pump();
    },
    retire: async (gone, old) => {
      if (gone.length + old.length === 0) return;
      const { documents, here } = await readGround();
      const files = filesToForget(new Set([...gone, ...old]), documents).filter((file) => isWhole(file, here));
      if (gone.length === 0 && files.length === 0) return;
      await forgetFiles(new Set([...gone, ...old]), documents);
      await store.write(["documents", "wishes"], async (tx) => {
        for (const hash of gone) await tx.objectStore("documents").delete(hash);
        for (const hash of [...gone, ...old]) await tx.objectStore("wishes").delete(hash);
      });
      if (gone.length > 0) ports.onDocuments();
    },
    look: async () => show(await readGround()),
    stop: () => {
      stopped = true;
      stopRetry?.();
      current?.abort.abort();
    },
  };
}

function total(files: readonly FileShape[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
