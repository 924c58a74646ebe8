// Where databases lie and how they are opened. A person's lies in a bucket of its own where the engine has buckets
// (Chromium): a deleted row, even a deleted database, stays in the common store's files until the engine tidies them, and
// nobody can tell it when. With a bucket the files themselves go. Other engines keep a file a database anyway.
import { type IDBPDatabase, type IDBPTransaction, wrap } from "idb";

interface Bucket {
  indexedDB: IDBFactory;
  persist(): Promise<boolean>;
}
interface Buckets {
  open(name: string, options?: { persisted: boolean }): Promise<Bucket>;
  keys(): Promise<string[]>;
  delete(name: string): Promise<void>;
}
export interface Opening<S> {
  upgrade(db: IDBPDatabase<S>, tx: IDBPTransaction<S, never[], "versionchange">): void;
  /** somebody else wants to change or delete it */
  blocking(): void;
  /** the engine closed it */
  terminated(): void;
}

export function openDatabase<S>(
  factory: IDBFactory,
  name: string,
  version: number,
  { upgrade, blocking, terminated }: Opening<S>,
): Promise<IDBPDatabase<S>> {
  const asked = factory.open(name, version);
  asked.onupgradeneeded = () =>
    upgrade(
      wrap(asked.result) as unknown as IDBPDatabase<S>,
      wrap(asked.transaction as IDBTransaction) as unknown as IDBPTransaction<S, never[], "versionchange">,
    );
  const opened = wrap(asked) as unknown as Promise<IDBPDatabase<S>>;
  opened.then(
    (db) => {
      db.onversionchange = blocking;
      db.onclose = terminated;
    },
    () => undefined,
  );
  return opened;
}

/** null: it is not here, and is not to be made. */
export async function factoryOf(name: string, mustBeHere: boolean): Promise<IDBFactory | null> {
  const buckets = bucketsHere();
  if (!buckets) return indexedDB;
  if ((await buckets.keys()).includes(name)) return (await bucketOf(buckets, name)).indexedDB;
  // From before there were buckets: it stays where it is until its person leaves.
  if ((await namesOutside()).includes(name)) return indexedDB;
  return mustBeHere ? null : (await bucketOf(buckets, name)).indexedDB;
}

/** Chromium lets the connections of a bucket hang that has been collected as garbage: each is held for as long as we live. */
const held: Bucket[] = [];

async function bucketOf(buckets: Buckets, name: string): Promise<Bucket> {
  const bucket = await buckets.open(name, { persisted: true });
  held.push(bucket);
  return bucket;
}

export async function deleteDatabase(name: string): Promise<void> {
  const buckets = bucketsHere();
  if (buckets && (await buckets.keys()).includes(name)) await buckets.delete(name);
  await wrap(indexedDB.deleteDatabase(name));
}

/** Firefox before 126 cannot tell. */
export async function databasesHere(): Promise<string[]> {
  return [...((await bucketsHere()?.keys()) ?? []), ...(await namesOutside())];
}

export async function persistDatabase(name: string): Promise<void> {
  const buckets = bucketsHere();
  if (buckets && (await buckets.keys()).includes(name)) await (await bucketOf(buckets, name)).persist();
}

async function namesOutside(): Promise<string[]> {
  const all = (await indexedDB.databases?.()) ?? [];
  return all.flatMap(({ name }) => (name === undefined ? [] : [name]));
}

export const hasBuckets = (): boolean => bucketsHere() !== null;

function bucketsHere(): Buckets | null {
  return (globalThis.navigator as { storageBuckets?: Buckets } | undefined)?.storageBuckets ?? null;
}
