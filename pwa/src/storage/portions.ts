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

/** 4, 5, 6, 9 → 4 to 6, 9 to 9. */
export function runsOf(seqs: number[]): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const seq of seqs.sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === seq - 1) last[1] = seq;
    else runs.push([seq, seq]);
  }
  return runs;
}

export function* portionsOf<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += PORTION) yield all.slice(from, from + PORTION);
}
