// One piece after the other, until nothing that is wished and allowed is missing. All its memory is on the disk (wishes,
// texts, chunks), and it is asked again before each piece: a kill, a pause or another network costs at most one chunk.
import type { Document } from "../model/snapshot.ts";
import type { PersonStore } from "../storage/database.ts";
import { isQuota, NotSaved } from "../storage/failures.ts";
import { bytesHere, forget, isHeavy, listing, MEDIA_CACHE } from "../storage/media.ts";
import { readWishes } from "../storage/reading.ts";
import type { WishRow } from "../storage/schema.ts";
import { fetchPiece, fetchText, NotFetched } from "./fetching.ts";
import {
  contentUrl,
  type DownloadState,
  filesToForget,
  type Ground,
  judge,
  type Network,
  nextTask,
  type Retired,
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
  /** Wi-Fi has come or gone. */
  networkChanged(): void;
  wish(hash: string, wish: "tapped" | "paused"): Promise<void>;
  remove(hash: string): Promise<void>;
  retire(retired: Retired): Promise<void>;
  /** Looks again at what is here, after another tab or a full phone has changed it. */
  look(): Promise<void>;
  stop(): void;
}
const RETRY_MS = [5_000, 15_000, 60_000, 300_000];

export function createDownloads(ports: DownloadPorts): Downloads {
  return new Downloader(ports);
}

class Downloader implements Downloads {
  #ports: DownloadPorts;
  #failed = new Set<string>();
  #noRoom = new Map<string, number>();
  #current: { hash: string; abort: AbortController; ended: Promise<void> } | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #stopRetry: (() => void) | null = null;
  #persisted = false;
  #stopped = false;
  #asked = 0;
  #shown = 0;

  constructor(ports: DownloadPorts) {
    this.#ports = ports;
  }

  async want(hashes: readonly string[]): Promise<void> {
    this.#failed.clear();
    this.#noRoom.clear();
    const wished = new Set((await readWishes(this.#ports.store)).map(({ hash }) => hash));
    for (const hash of hashes) if (!wished.has(hash)) await this.#putWish({ hash, wish: "auto" });
    await this.#pump();
  }

  again(): void {
    if (this.#failed.size > 0) this.networkChanged();
  }

  networkChanged(): void {
    this.#failed.clear();
    this.#pumpOn();
  }

  async wish(hash: string, wish: "tapped" | "paused"): Promise<void> {
    this.#noRoom.delete(hash);
    this.#failed.clear();
    await this.#putWish({ hash, wish });
    if (wish === "paused") void this.#interrupt([hash]);
    await this.look(); // a tap is answered at once, also while another download is under way
    this.#pumpOn();
  }

  async remove(hash: string): Promise<void> {
    const { store, onDocuments } = this.#ports;
    await this.#putWish({ hash, wish: "deleted" });
    await this.#interrupt([hash]);
    const { documents } = await this.#ground();
    await this.#forgetFiles(new Set([hash]), documents);
    await store.write(["documents"], (tx) => tx.objectStore("documents").delete(hash));
    this.#noRoom.clear();
    onDocuments();
    await this.#pump();
  }

  async retire({ gone, old, spent }: Retired): Promise<void> {
    const ended = new Set([...gone, ...old]);
    if (ended.size === 0) return;
    const { store, onDocuments } = this.#ports;
    const { documents, here, wishes } = await this.#ground();
    const unneeded = new Set([...gone, ...spent]);
    const isHeld = filesToForget(unneeded, documents).some((file) => bytesHere(file, here) > 0);
    if (gone.length === 0 && !isHeld && !wishes.some(({ hash }) => ended.has(hash))) return;
    await store.write(["wishes"], async (tx) => {
      for (const hash of ended) await tx.objectStore("wishes").delete(hash);
    });
    await this.#interrupt([...ended]);
    await this.#forgetFiles(unneeded, documents);
    if (gone.length === 0) return;
    await store.write(["documents"], async (tx) => {
      for (const hash of gone) await tx.objectStore("documents").delete(hash);
    });
    onDocuments();
  }

  async look(): Promise<void> {
    this.#show(await this.#ground());
  }

  stop(): void {
    this.#stopped = true;
    this.#stopRetry?.();
    this.#current?.abort.abort();
  }

  /** Nobody waits for it. A store that is lost, or left by its person, is told where somebody does. */
  #pumpOn(): void {
    void this.#pump().catch((error) => {
      if (!(error instanceof NotSaved)) throw error;
    });
  }

  #pump(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#alone().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #alone(): Promise<void> {
    const { locks, store } = this.#ports;
    if (!locks) return this.#rounds();
    await locks.request(`rundtur-downloads-${store.personId}`, { ifAvailable: true }, async (lock) => {
      if (lock) return this.#rounds();
      await this.look();
      this.#retryIn(RETRY_MS[0] ?? 5_000);
    });
  }

  async #rounds(): Promise<void> {
    while (!this.#stopped) {
      this.#again = false;
      const ground = await this.#ground();
      this.#show(ground);
      const task = nextTask(ground);
      if (task) await this.#take(task, ground);
      else if (!this.#again) return;
    }
  }

  async #take(task: Task, ground: Ground): Promise<void> {
    const abort = new AbortController();
    const ended = this.#perform(task, ground, abort.signal);
    this.#current = { hash: task.hash, abort, ended };
    await ended;
    this.#current = null;
  }

  async #perform(task: Task, ground: Ground, signal: AbortSignal): Promise<void> {
    try {
      await this.#fetch(task, ground, signal);
      this.#failures = 0;
    } catch (error) {
      if (!signal.aborted) await this.#takeFailure(task, ground, error);
    }
  }

  async #fetch(task: Task, ground: Ground, signal: AbortSignal): Promise<void> {
    const { fetch, store, caches, setTimer, onDocuments } = this.#ports;
    const fetchPorts = { fetch, signal, setTimer };
    if (task.kind === "text") {
      const document = await fetchText(task.hash, fetchPorts);
      await store.write(["documents"], (tx) => tx.objectStore("documents").put({ hash: task.hash, document }));
      onDocuments();
    } else if (await this.#hasRoom(task, ground)) {
      await fetchPiece(await caches.open(MEDIA_CACHE), task.file, ground.here, fetchPorts);
    }
  }

  async #hasRoom(task: Task, ground: Ground): Promise<boolean> {
    if (!this.#persisted) await this.#ports.persist().catch(() => undefined);
    this.#persisted = true;
    const missing = missingRoom(bytesToCome(task, ground), await this.#ports.estimate().catch(() => ({})));
    if (missing > 0) this.#noRoom.set(task.hash, missing);
    return missing === 0;
  }

  async #takeFailure(task: Task, ground: Ground, error: unknown): Promise<void> {
    if (isQuota(error) || (error instanceof NotSaved && error.why === "no_room")) {
      const bytes = bytesToCome(task, ground);
      const missing = missingRoom(bytes, await this.#ports.estimate().catch(() => ({})));
      this.#noRoom.set(task.hash, Math.max(missing, bytes));
      return;
    }
    this.#failed.add(task.kind === "text" ? contentUrl(task.hash) : task.file.url);
    if (error instanceof NotFetched && error.why !== "network") return; // asked again with the next sync
    this.#retryIn(RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)] ?? 300_000);
  }

  #retryIn(ms: number): void {
    this.#stopRetry?.();
    this.#stopRetry = this.#ports.setTimer(() => {
      this.#failed.clear();
      this.#pumpOn();
    }, ms);
  }

  async #ground(): Promise<Ground & { ticket: number }> {
    const { store, caches, network } = this.#ports;
    const ticket = ++this.#asked;
    const [wishes, rows, here] = await Promise.all([
      readWishes(store),
      store.withDatabase((db) => db.getAll("documents")),
      caches.open(MEDIA_CACHE).then(listing),
    ]);
    const documents = new Map(rows.map(({ hash, document }) => [hash, document] as const));
    return { ticket, wishes, documents, here, network: network(), failed: this.#failed, noRoom: this.#noRoom };
  }

  /** Readings may overtake each other: an older one never covers a newer one. */
  #show(ground: Ground & { ticket: number }): void {
    if (ground.ticket < this.#shown) return;
    this.#shown = ground.ticket;
    const wishOf = new Map(ground.wishes.map(({ hash, wish }) => [hash, wish]));
    const hashes = new Set([...wishOf.keys(), ...ground.documents.keys()]);
    const states = [...hashes].map((hash) => [hash, judge(hash, wishOf.get(hash) ?? null, ground)]);
    this.#ports.onStates(Object.fromEntries(states));
  }

  async #forgetFiles(hashes: ReadonlySet<string>, documents: ReadonlyMap<string, Document>): Promise<void> {
    const cache = await this.#ports.caches.open(MEDIA_CACHE);
    for (const file of filesToForget(hashes, documents)) await forget(cache, file);
  }

  #putWish(row: WishRow): Promise<unknown> {
    return this.#ports.store.write(["wishes"], (tx) => tx.objectStore("wishes").put(row));
  }

  /** Resolves when no piece of these is under way, so that none is kept behind what is forgotten. */
  async #interrupt(hashes: readonly string[]): Promise<void> {
    if (!this.#current || !hashes.includes(this.#current.hash)) return;
    this.#current.abort.abort();
    await this.#current.ended;
  }
}

/** Of all files of its sort that the document still needs, not only of the next: half a promise is none. */
function bytesToCome(task: Task, { documents, here }: Ground): number {
  if (task.kind === "text") return 0;
  const files = documents.get(task.hash)?.media ?? [task.file];
  return files
    .filter((one) => isHeavy(one) === isHeavy(task.file))
    .reduce((sum, one) => sum + one.bytes - bytesHere(one, here), 0);
}
