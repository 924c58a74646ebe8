// One database a person. A connection may die at any moment (iOS kills the storage process of a page in the background):
// every call goes through withDatabase, which opens again and tries three times more, and then says so.
import type { IDBPDatabase, IDBPTransaction } from "idb";
import { isLostConnection, isQuota, NotSaved } from "./failures.ts";
import { factoryOf, openDatabase } from "./opening.ts";
import type { Meta, PersonSchema, StoreName } from "./schema.ts";

export const PREFIX = "rundtur-";
export const SPARE_PREFIX = "spare-";
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

function create(db: Database): void {
  db.createObjectStore("outbox", { keyPath: "seq" });
  db.createObjectStore("acknowledged", { keyPath: "op_id" });
  db.createObjectStore("attention", { keyPath: "op_id" });
  db.createObjectStore("replica", { keyPath: ["stream", "entity", "id"] }).createIndex("stream", "stream");
  db.createObjectStore("documents", { keyPath: "hash" });
  db.createObjectStore("wishes", { keyPath: "hash" });
  db.createObjectStore("meta", { keyPath: "key" });
}

type Pause = (ms: number) => Promise<void>;
const sleep: Pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function openPerson(personId: string, pause: Pause = sleep): PersonStore {
  return new PersonDatabase(personId, PREFIX, pause, false);
}

/** Somebody whose database is here: in the middle of a wipe it is not made again. */
export function openPersonHere(personId: string, pause: Pause = sleep): PersonStore {
  return new PersonDatabase(personId, PREFIX, pause, true);
}

/** The place for a second copy of what only this phone knows of (spare.ts). */
export function openSpareOf(personId: string, pause: Pause = sleep): PersonStore {
  return new PersonDatabase(personId, SPARE_PREFIX, pause, false);
}

export function openSpareHere(personId: string, pause: Pause = sleep): PersonStore {
  return new PersonDatabase(personId, SPARE_PREFIX, pause, true);
}

class PersonDatabase implements PersonStore {
  readonly personId: string;
  #name: string;
  #pause: Pause;
  #connection: Promise<Database> | null = null;
  #closed = false;
  /** it has been there once: from then on a missing one was wiped, and is not made again */
  #found: boolean;

  constructor(personId: string, prefix: string, pause: Pause, found: boolean) {
    this.personId = personId;
    this.#name = prefix + personId;
    this.#pause = pause;
    this.#found = found;
  }

  async withDatabase<T>(use: (db: Database) => Promise<T>): Promise<T> {
    for (let tried = 0; ; tried++) {
      try {
        return await use(await this.#open());
      } catch (error) {
        if (error instanceof NotSaved) throw error;
        if (isQuota(error)) throw new NotSaved("no_room", error);
        if (!isLostConnection(error)) throw error;
        if (tried >= TRIES) throw new NotSaved("storage_lost", error);
        await this.#drop();
        await this.#pause(50 << tried);
      }
    }
  }

  write<T>(stores: StoreName[], act: (tx: Writing) => Promise<T>): Promise<T> {
    return this.withDatabase(async (db) => {
      const tx = db.transaction(stores, "readwrite", { durability: "strict" });
      const done = tx.done;
      done.catch(() => undefined); // also told below: a failing act must not show as an unhandled rejection
      try {
        const result = await act(tx as unknown as Writing);
        await done;
        return result;
      } catch (error) {
        abort(tx);
        // A full phone is told by the transaction, while the request only says that it was aborted.
        throw tx.error ?? error;
      }
    });
  }

  read<T>(stores: StoreName[], look: (tx: Reading) => Promise<T>): Promise<T> {
    return this.withDatabase((db) => {
      const tx = db.transaction(stores);
      tx.done.catch(() => undefined); // told by the request that fails: a reading that is broken off has no other news
      return look(tx as unknown as Reading);
    });
  }

  close(): void {
    this.#closed = true;
    void this.#drop();
  }

  #open(): Promise<Database> {
    if (this.#closed) return Promise.reject(new NotSaved("signed_out"));
    this.#connection ??= this.#connect().then(
      (db) => {
        this.#found = true;
        return db;
      },
      (error) => {
        this.#connection = null;
        throw this.#found && error.name === "AbortError" ? new NotSaved("storage_lost", error) : error;
      },
    );
    return this.#connection;
  }

  async #connect(): Promise<Database> {
    const factory = await factoryOf(this.#name, this.#found);
    if (!factory) throw new NotSaved("storage_lost");
    return openDatabase<PersonSchema>(factory, this.#name, VERSION, {
      upgrade: (db, tx) => {
        if (!this.#found) return create(db);
        tx.done.catch(() => undefined); // told where it is opened
        tx.abort();
      },
      // Another tab or a newer worker wants to upgrade or to wipe: let it; the next call opens again.
      blocking: () => void this.#drop(),
      terminated: () => {
        this.#connection = null;
      },
    });
  }

  async #drop(): Promise<void> {
    const old = this.#connection;
    this.#connection = null;
    await old?.then((db) => db.close()).catch(() => undefined);
  }
}

/** Half an act is none. */
function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // it was over already
  }
}

export async function readMeta<K extends keyof Meta>(tx: Reading, key: K): Promise<Meta[K] | undefined> {
  return (await tx.objectStore("meta").get(key))?.value as Meta[K] | undefined;
}

export async function writeMeta<K extends keyof Meta>(tx: Writing, key: K, value: Meta[K]): Promise<void> {
  await tx.objectStore("meta").put({ key, value });
}
