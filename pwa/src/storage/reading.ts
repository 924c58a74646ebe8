// Everything that the projection needs, read in one transaction so that it belongs together.
import type { Snapshot } from "../model/snapshot.ts";
import { type PersonStore, readMeta } from "./database.ts";
import type { WishRow } from "./schema.ts";

export function readSnapshot(store: PersonStore): Promise<Snapshot> {
  return store.read(
    ["replica", "outbox", "acknowledged", "attention", "documents", "meta"],
    async (tx): Promise<Snapshot> => {
      const [replica, outbox, acknowledged, attention, documents, missing, seen, partial] = await Promise.all([
        tx.objectStore("replica").getAll(),
        tx.objectStore("outbox").getAll(),
        tx.objectStore("acknowledged").getAll(),
        tx.objectStore("attention").getAll(),
        tx.objectStore("documents").getAll(),
        readMeta(tx, "missing"),
        readMeta(tx, "seen_receipts"),
        readMeta(tx, "partial"),
      ]);
      return {
        replica,
        outbox,
        acknowledged,
        attention,
        documents,
        missing: missing ?? [],
        seenReceipts: seen ?? [],
        partial: partial ?? false,
      };
    },
  );
}

export function readWishes(store: PersonStore): Promise<WishRow[]> {
  return store.withDatabase((db) => db.getAll("wishes"));
}
