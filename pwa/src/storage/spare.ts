// A second copy of what only this phone knows of. Chromium writes each change of a store to a log in two goes, its head and
// then its words. Killed in between, it leaves a torn place; at the next start it writes on behind it, and at the one after it
// finds a log that cannot be right, throws the whole store away and begins an empty one, without a word to anybody. So what
// has not been told lies in two buckets, with a log each: a kill tears one of them, and the other brings it back.
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
import type { OutboxRow } from "./schema.ts";

export interface Spare {
  /** Before an act is shown as saved. Never rejects: the act is on the disk already. */
  keep(row: OutboxRow): Promise<void>;
  /** What has been told goes, and what is lacking comes. Never rejects. */
  tidy(): Promise<void>;
  close(): void;
}

/** Opened before anything else is done with the store: one that was begun anew has its acts again. */
export async function openSpare(store: PersonStore, keepsake: Keepsake | null): Promise<Spare> {
  if (!hasBuckets()) return NONE; // such an engine has other logs, or all databases in one
  const copy = openSpareOf(store.personId);
  const quietly = (act: Promise<void>) => act.catch(() => undefined);
  if (!(await store.read(["meta"], knowsItself))) await quietly(bringBack(store, copy, keepsake));
  return {
    keep: (row) => quietly(put(copy, [row], row.seq)),
    tidy: () => quietly(tidy(store, copy)),
    close: () => copy.close(),
  };
}

/** For the worker, whose person may be leaving: into a copy that is there, else the app's next start makes it. Never rejects. */
export async function keepTwice(personId: string, row: OutboxRow): Promise<void> {
  if (!hasBuckets()) return;
  const copy = openSpareHere(personId);
  await put(copy, [row], row.seq).catch(() => undefined);
  copy.close();
}

const NONE: Spare = { keep: async () => undefined, tidy: async () => undefined, close: () => undefined };

async function bringBack(store: PersonStore, copy: PersonStore, keepsake: Keepsake | null): Promise<void> {
  const { rows, deviceId, lastSeq } = await copy.read(["outbox", "meta"], async (tx) => ({
    rows: await tx.objectStore("outbox").getAll(),
    deviceId: await readMeta(tx, "device_id"),
    lastSeq: (await readMeta(tx, "last_seq")) ?? 0,
  }));
  if (!deviceId) return;
  // Numbers that the copy has never seen were given all the same: their acts are lost, and the server is told.
  const given = readKept(store.personId, keepsake)?.lastSeq ?? 0;
  await store.write(["outbox", "meta"], async (tx) => {
    if (await knowsItself(tx)) return; // another tab was quicker
    await Promise.all(rows.map((row) => tx.objectStore("outbox").put(row)));
    await writeMeta(tx, "device_id", deviceId);
    await writeMeta(tx, "last_seq", Math.max(lastSeq, given));
    if (given > lastSeq) await writeMeta(tx, "lost_through", given);
  });
}

async function knowsItself(tx: Reading): Promise<boolean> {
  return (await readMeta(tx, "device_id")) !== undefined;
}

/** Not strict: against a battery that falls out there is the store itself, and what tears a log is a kill. */
async function put(
  copy: PersonStore,
  rows: readonly OutboxRow[],
  lastSeq: number,
  more: Change = NOTHING,
): Promise<void> {
  await copy.withDatabase(async (db) => {
    const tx = db.transaction(["outbox", "meta"], "readwrite");
    const done = tx.done;
    done.catch(() => undefined); // told by what fails first
    const all = tx as unknown as Writing;
    await Promise.all([
      ...rows.map((row) => all.objectStore("outbox").put(row)),
      ...more.told.map((seq) => all.objectStore("outbox").delete(seq)),
    ]);
    if (more.deviceId) await writeMeta(all, "device_id", more.deviceId);
    await writeMeta(all, "last_seq", Math.max(lastSeq, (await readMeta(all, "last_seq")) ?? 0));
    await done;
  });
}

interface Change {
  told: readonly number[];
  deviceId: string | undefined;
}
const NOTHING: Change = { told: [], deviceId: undefined };

/** By the numbers alone: with thousands of acts waiting, nobody reads them all to find that they are there. */
async function tidy(store: PersonStore, copy: PersonStore): Promise<void> {
  const { waiting, deviceId, lastSeq } = await store.read(["outbox", "meta"], async (tx) => {
    const answered = new Set(await readMeta(tx, "answered"));
    const all = await tx.objectStore("outbox").getAllKeys();
    return {
      waiting: new Set(all.filter((seq) => !answered.has(seq))),
      deviceId: await readMeta(tx, "device_id"),
      lastSeq: (await readMeta(tx, "last_seq")) ?? 0,
    };
  });
  const held = await copy.read(["outbox", "meta"], async (tx) => ({
    seqs: new Set(await tx.objectStore("outbox").getAllKeys()),
    deviceId: await readMeta(tx, "device_id"),
  }));
  const lacking = [...waiting].filter((seq) => !held.seqs.has(seq));
  // What was given a number since is on its way to both.
  const told = [...held.seqs].filter((seq) => seq <= lastSeq && !waiting.has(seq));
  if (lacking.length + told.length === 0 && held.deviceId === deviceId) return;
  const rows = await store.read(["outbox"], (tx) =>
    Promise.all(lacking.map((seq) => tx.objectStore("outbox").get(seq))),
  );
  await put(
    copy,
    rows.filter((row) => row !== undefined),
    lastSeq,
    { told, deviceId },
  );
}
