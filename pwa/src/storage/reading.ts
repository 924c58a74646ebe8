// Everything that the projection needs, read in one transaction so that it belongs together.
import type { Snapshot } from "../model/snapshot.ts";
import { type PersonStore, type Reading, readMeta } from "./database.ts";
import { HeldRows } from "./held.ts";
import type { AcknowledgedRow, DocumentRow, OutboxRow, WishRow } from "./schema.ts";

/** Once; who looks again and again holds a reader. */
export function readSnapshot(store: PersonStore): Promise<Snapshot> {
  return snapshotReader(store)();
}

/** Acts and documents that it has read before are not read again: a phone may hold ten thousand. */
export function snapshotReader(store: PersonStore): () => Promise<Snapshot> {
  const held = {
    outbox: new HeldRows<number, OutboxRow>(({ seq }) => seq),
    acknowledged: new HeldRows<string, AcknowledgedRow>(({ op_id }) => op_id),
    documents: new HeldRows<string, DocumentRow>(({ hash }) => hash),
  };
  let heldEpoch: string | null = null;
  return () =>
    store.read(
      ["replica", "outbox", "acknowledged", "attention", "documents", "meta"],
      async (tx): Promise<Snapshot> => {
        const epoch = (await readMeta(tx, "epoch")) ?? null;
        // A new epoch opens what was answered again, under the keys that it had.
        if (epoch !== heldEpoch) for (const rows of [held.outbox, held.acknowledged]) rows.forget();
        heldEpoch = epoch;
        const answered = new Set(await readMeta(tx, "answered"));
        const [replica, outbox, acknowledged, attention, documents, rest] = await Promise.all([
          tx.objectStore("replica").getAll(),
          held.outbox.read(tx.objectStore("outbox"), ({ seq, outcome }) => answered.has(seq) !== (outcome !== null)),
          held.acknowledged.read(tx.objectStore("acknowledged")),
          tx.objectStore("attention").getAll(),
          held.documents.read(tx.objectStore("documents")),
          readRest(tx),
        ]);
        return { replica, outbox, acknowledged, attention, documents, ...rest };
      },
    );
}

type Rest = Pick<Snapshot, "missing" | "storageLost" | "lostSeen" | "seenReceipts" | "partial" | "skewMs">;

async function readRest(tx: Reading): Promise<Rest> {
  const [missing, lostThrough, lostSeen, seen, partial, heard] = await Promise.all([
    readMeta(tx, "missing"),
    readMeta(tx, "lost_through"),
    readMeta(tx, "lost_seen"),
    readMeta(tx, "seen_receipts"),
    readMeta(tx, "partial"),
    readMeta(tx, "heard"),
  ]);
  return {
    missing: missing ?? [],
    storageLost: (lostThrough ?? 0) > 0,
    lostSeen: lostSeen ?? 0,
    seenReceipts: seen ?? [],
    partial: partial ?? false,
    // A clock that has jumped since says nothing of how far it is off now.
    skewMs: heard && !heard.jumped ? Date.parse(heard.server_time) - heard.wall_ms : 0,
  };
}

export function readWishes(store: PersonStore): Promise<WishRow[]> {
  return store.withDatabase((db) => db.getAll("wishes"));
}
