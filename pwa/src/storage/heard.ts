// That the clock has jumped since the server was heard must outlive the page: the next one cannot see it any more.
import { type PersonStore, readMeta, type Writing, writeMeta } from "./database.ts";
import type { Meta } from "./schema.ts";

export async function markJumped(tx: Writing, heard: Meta["heard"]): Promise<void> {
  if (heard && !heard.jumped) await writeMeta(tx, "heard", { ...heard, jumped: true });
}

export async function keepJump(store: PersonStore): Promise<void> {
  await store.write(["meta"], async (tx) => markJumped(tx, (await readMeta(tx, "heard")) ?? null));
}
