// One database a person. A connection may die at any moment (iOS kills the storage process of a page in the background):
// every call goes through withDatabase, which opens again and tries three times more, and then says so.
import { type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import { isLostConnection, isQuota, NotSaved } from "./failures.ts";
import type { Meta, PersonSchema, StoreName } from "./schema.ts";

export const PREFIX = "rundtur-";
const VERSION = 1;
const TRIES = 3;

export type Database = IDBPDatabase<PersonSchema>;
export type Writing = IDBPTransaction<PersonSchema, StoreName[], "readwrite">;
export type Reading = IDBPTransaction<PersonSchema, StoreName[], "readonly" | "readwrite">;

export interface PersonStore {
  readonly personId: string;
  /** Runs again after a lost connection: what it does must bear that (a transaction that failed left nothing). */
  withDatabase<T>(use: (db: Database) => Promise<T>): Promise<T>;
  /** One strict transaction: resolves when it is on the disk, rejects with NotSaved else. */
  write<T>(stores: StoreName[], act: (tx: Writing) => Promise<T>): Promise<T>;
  read<T>(stores: StoreName[], look: (tx: Reading) => Promise<T>): Promise<T>;
  close(): void;
}

function upgrade(db: Database): void {
  db.createObjectStore("outbox", { keyPath: "seq" });
  db.createObjectStore("acknowledged", { keyPath: "op_id" });
  db.createObjectStore("attention", { keyPath: "op_id" });
  db.createObjectStore("replica", { keyPath: ["stream", "entity", "id"] }).createIndex("stream", "stream");
  db.createObjectStore("documents", { keyPath: "hash" });
  db.createObjectStore("wishes", { keyPath: "hash" });
  db.createObjectStore("meta", { keyPath: "key" });
}

export function openPerson(
  personId: string,
  pause = (ms: number) => new Promise<void>((r) => setTimeout(r, ms)),
): PersonStore {
  let connection: Promise<Database> | null = null;
  let closed = false;

  const open = (): Promise<Database> => {
    if (closed) return Promise.reject(new NotSaved("signed_out"));
    connection ??= openDB<PersonSchema>(PREFIX + personId, VERSION, {
      upgrade,
      // Another tab or a newer worker wants to upgrade: let it; the next call opens again.
      blocking: (_now, _wanted, event) => {
        (event.target as unknown as Database).close();
        connection = null;
      },
      terminated: () => {
        connection = null;
      },
    }).catch((error) => {
      connection = null;
      throw error;
    });
    return connection;
  };

  const withDatabase = async <T>(use: (db: Database) => Promise<T>): Promise<T> => {
    for (let tried = 0; ; tried++) {
      try {
        return await use(await open());
      } catch (error) {
        if (error instanceof NotSaved) throw error;
        if (isQuota(error)) throw new NotSaved("no_room", error);
        if (!isLostConnection(error)) throw error;
        if (tried >= TRIES) throw new NotSaved("storage_lost", error);
        await drop();
        await pause(50 << tried);
      }
    }
  };

  const drop = async (): Promise<void> => {
    const old = connection;
    connection = null;
    await old?.then((db) => db.close()).catch(() => undefined);
  };

  return {
    personId,
    withDatabase,
    write: (stores, act) =>
      withDatabase(async (db) => {
        const tx = db.transaction(stores, "readwrite", { durability: "strict" });
        // A failing act must not leave tx.done as an unhandled rejection, and must not commit half of itself.
        const done = tx.done.catch((error) => Promise.reject(tx.error ?? error));
        done.catch(() => undefined);
        try {
          const result = await act(tx as unknown as Writing);
          await done;
          return result;
        } catch (error) {
          try {
            tx.abort();
          } catch {
            // already over
          }
          throw tx.error ?? error;
        }
      }),
    read: (stores, look) => withDatabase((db) => look(db.transaction(stores) as unknown as Reading)),
    close: () => {
      closed = true;
      void drop();
    },
  };
}

export async function readMeta<K extends keyof Meta>(tx: Reading, key: K): Promise<Meta[K] | undefined> {
  return (await tx.objectStore("meta").get(key))?.value as Meta[K] | undefined;
}

export async function writeMeta<K extends keyof Meta>(tx: Writing, key: K, value: Meta[K]): Promise<void> {
  await tx.objectStore("meta").put({ key, value });
}
