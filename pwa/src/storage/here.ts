// Which screen was open, so that an app killed by the phone opens where one was.
import { type PersonStore, readMeta, writeMeta } from "./database.ts";
import type { Meta } from "./schema.ts";

export async function readHere(store: PersonStore): Promise<Meta["here"] | null> {
  return (await store.read(["meta"], (tx) => readMeta(tx, "here"))) ?? null;
}

export async function keepHere(store: PersonStore, path: string, atMs: number): Promise<void> {
  await store.write(["meta"], (tx) => writeMeta(tx, "here", { path, at_ms: atMs }));
}
