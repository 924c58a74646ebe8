// The sealed boxes of people who have signed out with acts that only this phone knew of. They belong to nobody here: a
// database of their own, with nothing in it that says whose they are.
import type { DBSchema, IDBPDatabase } from "idb";
import type { SealedBox } from "../protocol.gen.ts";
import { factoryOf, hasBuckets, openDatabase } from "./opening.ts";

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
/** The second place of each box, with a log of its own: spare.ts says what for. */
const SPARE = "spare-boxes";

/** Resolves when they are on the disk. */
export async function keepBoxes(rows: readonly BoxRow[]): Promise<void> {
  await inEachPlace(async (db) => {
    const tx = db.transaction("boxes", "readwrite", { durability: "strict" });
    await Promise.all([...rows.map((row) => tx.store.put(row)), tx.done]);
  });
}

export async function listBoxes(): Promise<BoxRow[]> {
  const found = (await inEachPlace((db) => db.getAll("boxes"))).flat();
  return [...new Map(found.map((row) => [row.id, row])).values()];
}

/** Where one place could not drop it, it is handed in once more, which changes nothing. */
export async function dropBox(id: string): Promise<void> {
  await inEachPlace((db) => db.delete("boxes", id));
}

/** One after the other, so that a kill tears one of them. One that does it is enough. */
async function inEachPlace<T>(use: (db: IDBPDatabase<BoxSchema>) => Promise<T>): Promise<T[]> {
  const places: [IDBFactory, string][] = [[indexedDB, NAME]];
  const spare = hasBuckets() ? await factoryOf(SPARE, false).catch(() => null) : null;
  if (spare) places.push([spare, SPARE]);
  const done: T[] = [];
  const failures: unknown[] = [];
  for (const [factory, name] of places) {
    await withBoxes(factory, name, use).then(
      (told) => done.push(told),
      (error) => failures.push(error),
    );
  }
  if (done.length === 0) throw failures[0];
  return done;
}

/** Opened for each use: it is rare, and nothing stands in the way of who wants to change it. */
async function withBoxes<T>(
  factory: IDBFactory,
  name: string,
  use: (db: IDBPDatabase<BoxSchema>) => Promise<T>,
): Promise<T> {
  const db = await openDatabase<BoxSchema>(factory, name, 1, {
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
