// A second copy of what only this phone knows of. Chromium writes each change of a store to a log in two goes, its head and
// then its words. Killed in between, it leaves a torn place; at the next start it writes on behind it, and at the one after it
// finds a log that cannot be right, throws the whole store away and begins an empty one, without a word to anybody. So what
// has not been told, or was refused, lies in two buckets, with a log each: a kill tears one of them, and the other brings it back.
import {
  openSpareHere,
  openSpareOf,
  type PersonStore,
  type Reading,
  readMeta,
  type Writing,
  writeMeta,
} from "./database.ts";
import { readKept } from "./device.ts";
import type { Keepsake } from "./keepsake.ts";
import { hasBuckets } from "./opening.ts";
import { portionsOf, runsOf } from "./portions.ts";
import type { AttentionRow, OutboxRow, StoreName } from "./schema.ts";

export interface Spare {
  /** Before an act is shown as saved. Never rejects: the act is on the disk already. */
  keep(row: OutboxRow): Promise<void>;
  /** What has been told goes, and what is lacking comes. Never rejects. */
  tidy(): Promise<void>;
  close(): void;
}

const STORES: StoreName[] = ["outbox", "attention", "meta"];

/** Opened before anything else is done with the store: one that was begun anew has its acts again. */
export async function openSpare(store: PersonStore, keepsake: Keepsake | null): Promise<Spare> {
  if (!hasBuckets()) return NONE; // such an engine has other logs, or all databases in one
  const copy = openSpareOf(store.personId);
  const quietly = (act: Promise<void>) => act.catch(() => undefined);
  if (!(await store.read(["meta"], knowsItself))) await quietly(bringBack(store, copy, keepsake));
  return {
    keep: (row) => quietly(take(copy, just(row))),
    tidy: () => quietly(tidy(store, copy)),
    close: () => copy.close(),
  };
}

/** For the worker, whose person may be leaving: into a copy that is there, else the app's next start makes it. Never rejects. */
export async function keepTwice(personId: string, row: OutboxRow): Promise<void> {
  if (!hasBuckets()) return;
  const copy = openSpareHere(personId);
  await take(copy, just(row)).catch(() => undefined);
  copy.close();
}

const NONE: Spare = { keep: async () => undefined, tidy: async () => undefined, close: () => undefined };

async function bringBack(store: PersonStore, copy: PersonStore, keepsake: Keepsake | null): Promise<void> {
  const { acts, refused, deviceId, lastSeq } = await copy.read(STORES, async (tx) => ({
    acts: await tx.objectStore("outbox").getAll(),
    refused: await tx.objectStore("attention").getAll(),
    deviceId: await readMeta(tx, "device_id"),
    lastSeq: (await readMeta(tx, "last_seq")) ?? 0,
  }));
  if (!deviceId) return;
  // Numbers that the copy has never seen were given all the same: their acts are lost, and the server is told.
  const given = readKept(store.personId, keepsake)?.lastSeq ?? 0;
  await store.write(STORES, async (tx) => {
    if (await knowsItself(tx)) return; // another tab was quicker
    await Promise.all([
      ...acts.map((row) => tx.objectStore("outbox").put(row)),
      ...refused.map((row) => tx.objectStore("attention").put(row)),
      writeMeta(tx, "device_id", deviceId),
      writeMeta(tx, "last_seq", Math.max(lastSeq, given)),
    ]);
    if (given > lastSeq) await writeMeta(tx, "lost_through", given);
  });
}

async function knowsItself(tx: Reading): Promise<boolean> {
  return (await readMeta(tx, "device_id")) !== undefined;
}

interface Change {
  acts: readonly OutboxRow[];
  told: readonly number[];
  refused: readonly AttentionRow[];
  deviceId: string | undefined;
  lastSeq: number;
}
const NOTHING: Change = { acts: [], told: [], refused: [], deviceId: undefined, lastSeq: 0 };
const just = (row: OutboxRow): Change => ({ ...NOTHING, acts: [row], lastSeq: row.seq });

/** Not strict: against a battery that falls out there is the store itself, and what tears a log is a kill. */
async function take(copy: PersonStore, { acts, told, refused, deviceId, lastSeq }: Change): Promise<void> {
  await copy.withDatabase(async (db) => {
    const tx = db.transaction(STORES, "readwrite") as unknown as Writing;
    const done = tx.done;
    done.catch(() => undefined); // told by what fails first
    await Promise.all([
      ...acts.map((row) => tx.objectStore("outbox").put(row)),
      ...runsOf([...told]).map(([from, to]) => tx.objectStore("outbox").delete(IDBKeyRange.bound(from, to))),
      ...refused.map((row) => tx.objectStore("attention").put(row)),
    ]);
    if (deviceId) await writeMeta(tx, "device_id", deviceId);
    await writeMeta(tx, "last_seq", Math.max(lastSeq, (await readMeta(tx, "last_seq")) ?? 0));
    await done;
  });
}

/** By the keys alone: with thousands of acts waiting, nobody reads them all to find that they are there. */
async function tidy(store: PersonStore, copy: PersonStore): Promise<void> {
  const [here, held] = [await keysIn(store), await keysIn(copy)];
  for (const seqs of portionsOf(without(here.acts, held.acts))) {
    await take(copy, { ...NOTHING, acts: await waitingAmong(store, seqs) });
  }
  const waiting = new Set(here.acts);
  // What was given a number since is on its way to both.
  const told = held.acts.filter((seq) => seq <= here.lastSeq && !waiting.has(seq));
  const lacking = without(here.refused, held.refused);
  if (told.length + lacking.length === 0 && held.deviceId === here.deviceId) return;
  const rows = await store.read(["attention"], (tx) =>
    Promise.all(lacking.map((id) => tx.objectStore("attention").get(id))),
  );
  const refused = rows.filter((row) => row !== undefined);
  await take(copy, { ...NOTHING, told, refused, deviceId: here.deviceId, lastSeq: here.lastSeq });
}

async function waitingAmong(store: PersonStore, seqs: readonly number[]): Promise<OutboxRow[]> {
  const range = IDBKeyRange.bound(seqs[0], seqs.at(-1));
  const rows = await store.read(["outbox"], (tx) => tx.objectStore("outbox").getAll(range));
  const wanted = new Set(seqs);
  return rows.filter(({ seq, outcome }) => wanted.has(seq) && outcome === null);
}

function keysIn(one: PersonStore) {
  return one.read(STORES, async (tx) => {
    const answered = new Set(await readMeta(tx, "answered"));
    return {
      acts: (await tx.objectStore("outbox").getAllKeys()).filter((seq) => !answered.has(seq)),
      refused: await tx.objectStore("attention").getAllKeys(),
      deviceId: await readMeta(tx, "device_id"),
      lastSeq: (await readMeta(tx, "last_seq")) ?? 0,
    };
  });
}

function without<K>(keys: readonly K[], others: readonly K[]): K[] {
  const there = new Set(others);
  return keys.filter((key) => !there.has(key));
}
