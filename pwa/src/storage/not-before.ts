// When the server wants to be asked again. It lies in the store, so that a restart, another tab and the worker keep to it too.
import { type PersonStore, readMeta, writeMeta } from "./database.ts";

export async function readNotBefore(store: PersonStore): Promise<number> {
  return (await store.read(["meta"], (tx) => readMeta(tx, "not_before_ms"))) ?? 0;
}

export async function keepNotBefore(store: PersonStore, atMs: number): Promise<void> {
  await store.write(["meta"], (tx) => writeMeta(tx, "not_before_ms", atMs));
}
