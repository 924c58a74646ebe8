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
const just = (row: OutboxRow): Change => ({
  acts: [row],
  told: [],
  refused: [],
  deviceId: undefined,
  lastSeq: row.seq,
});

/** Not strict: against a battery that falls out there is the store itself, and what tears a log is a kill. */
async function take(copy: PersonStore, { acts, told, refused, deviceId, lastSeq }: Change): Promise<void> {
  await copy.withDatabase(async (db) => {
    const tx = db.transaction(STORES, "readwrite") as unknown as Writing;
    const done = tx.done;
    done.catch(() => undefined); // told by what fails first
    await Promise.all([
      ...acts.map((row) => tx.objectStore("outbox").put(row)),
      ...told.map((seq) => tx.objectStore("outbox").delete(seq)),
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
  const waiting = new Set(here.acts);
  // What was given a number since is on its way to both.
  const told = held.acts.filter((seq) => seq <= here.lastSeq && !waiting.has(seq));
  const rows = await store.read(["outbox", "attention"], async (tx) => ({
    acts: await Promise.all(without(here.acts, held.acts).map((seq) => tx.objectStore("outbox").get(seq))),
    refused: await Promise.all(without(here.refused, held.refused).map((id) => tx.objectStore("attention").get(id))),
  }));
  const [acts, refused] = [
    rows.acts.filter((row) => row !== undefined),
    rows.refused.filter((row) => row !== undefined),
  ];
  if (acts.length + told.length + refused.length === 0 && held.deviceId === here.deviceId) return;
  await take(copy, { acts, told, refused, deviceId: here.deviceId, lastSeq: here.lastSeq });
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
