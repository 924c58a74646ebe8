// With thousands of acts waiting, nobody reads them all to find the next hundred.
import type { Reading } from "./database.ts";
import type { OutboxRow } from "./schema.ts";

const PORTION = 200;

/** The outbox, the oldest acts first. Who has found what was looked for stops. */
export async function* outboxPortions(tx: Reading): AsyncGenerator<OutboxRow[]> {
  for (let after = 0; ; ) {
    const portion = await tx.objectStore("outbox").getAll(IDBKeyRange.lowerBound(after, true), PORTION);
    yield portion;
    if (portion.length < PORTION) return;
    after = portion.at(-1)?.seq ?? after;
  }
}

export async function isAnythingWaiting(tx: Reading): Promise<boolean> {
  for await (const portion of outboxPortions(tx)) {
    if (portion.some(({ outcome }) => outcome === null)) return true;
  }
  return false;
}
