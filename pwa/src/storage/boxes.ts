// The sealed boxes of people who have signed out with acts that only this phone knew of. They belong to nobody here: a
// database of their own, with nothing in it that says whose they are.
import type { DBSchema, IDBPDatabase } from "idb";
import type { SealedBox } from "../protocol.gen.ts";
import { openDatabase } from "./opening.ts";

export type Sealed = Pick<SealedBox, "key_id" | "point" | "nonce" | "text">;
export interface BoxRow {
  id: string;
  /** how many acts lie in it, for who comes after */
  acts: number;
  sealed: Sealed;
  /** the server would not have it; its person has to sign in here */
  refused: boolean;
}
interface BoxSchema extends DBSchema {
  boxes: { key: string; value: BoxRow };
}
const NAME = "rundtur.boxes";

/** Resolves when they are on the disk. */
export async function keepBoxes(rows: readonly BoxRow[]): Promise<void> {
  await withBoxes(async (db) => {
    const tx = db.transaction("boxes", "readwrite", { durability: "strict" });
    await Promise.all([...rows.map((row) => tx.store.put(row)), tx.done]);
  });
}

export const listBoxes = (): Promise<BoxRow[]> => withBoxes((db) => db.getAll("boxes"));

export const dropBox = (id: string): Promise<void> => withBoxes((db) => db.delete("boxes", id));

/** Opened for each use: it is rare, and nothing stands in the way of who wants to change it. */
async function withBoxes<T>(use: (db: IDBPDatabase<BoxSchema>) => Promise<T>): Promise<T> {
  const db = await openDatabase<BoxSchema>(indexedDB, NAME, 1, {
    upgrade: (made) => void made.createObjectStore("boxes", { keyPath: "id" }),
    blocking: () => undefined,
    terminated: () => undefined,
  });
  try {
    return await use(db);
  } finally {
    db.close();
  }
}
