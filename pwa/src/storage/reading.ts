// Everything that the projection needs, read in one transaction so that it belongs together.
import type { Snapshot } from "../model/snapshot.ts";
import { type PersonStore, readMeta } from "./database.ts";
import type { WishRow } from "./schema.ts";

export function readSnapshot(store: PersonStore): Promise<Snapshot> {
  return store.read(
    ["replica", "outbox", "acknowledged", "attention", "documents", "meta"],
    async (tx): Promise<Snapshot> => {
      const [
        replica,
        outbox,
        acknowledged,
        attention,
        documents,
        missing,
        lostThrough,
        lostSeen,
        seen,
        partial,
        heard,
      ] = await Promise.all([
        tx.objectStore("replica").getAll(),
        tx.objectStore("outbox").getAll(),
        tx.objectStore("acknowledged").getAll(),
        tx.objectStore("attention").getAll(),
        tx.objectStore("documents").getAll(),
        readMeta(tx, "missing"),
        readMeta(tx, "lost_through"),
        readMeta(tx, "lost_seen"),
        readMeta(tx, "seen_receipts"),
        readMeta(tx, "partial"),
        readMeta(tx, "heard"),
      ]);
      return {
        replica,
        outbox,
        acknowledged,
        attention,
        documents,
        missing: missing ?? [],
        storageLost: (lostThrough ?? 0) > 0,
        lostSeen: lostSeen ?? 0,
        seenReceipts: seen ?? [],
        partial: partial ?? false,
        // A clock that has jumped since says nothing of how far it is off now.
        skewMs: heard && !heard.jumped ? Date.parse(heard.server_time) - heard.wall_ms : 0,
      };
    },
  );
}

export function readWishes(store: PersonStore): Promise<WishRow[]> {
  return store.withDatabase((db) => db.getAll("wishes"));
}
