// The outbox: what this phone still has to tell. The seq, the row and the clock's stamp are one strict transaction.
import type { Score } from "../model/quiz.ts";
import type { Operation, OperationHead } from "../protocol.gen.ts";
import { type PersonStore, readMeta, writeMeta } from "./database.ts";
import { markJumped } from "./heard.ts";
import { newOpId } from "./op-id.ts";
import type { Meta, OutboxRow } from "./schema.ts";

/** An operation before it has its head: frozen when it enters the outbox. */
export type Draft<O extends Operation = Operation> = O extends Operation ? Omit<O, keyof OperationHead> : never;

export interface Stamp {
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
}
export interface Watch {
  now(): number;
  /** what the clock says of an act, given the last server time heard */
  stamp(heard: Meta["heard"]): Stamp;
}

export async function enter(
  store: PersonStore,
  draft: Draft,
  watch: Watch,
  score: Score | null = null,
): Promise<OutboxRow> {
  // Made outside the transaction, so that a retry after a lost connection enters the same act, not a second one.
  const op_id = newOpId(watch.now());
  return store.write(["outbox", "meta"], async (tx) => {
    const last = (await readMeta(tx, "last_seq")) ?? 0;
    const before = await tx.objectStore("outbox").get(last);
    if (before?.op.op_id === op_id) return before; // the commit had reached the disk before the connection was lost
    const seq = last + 1;
    const heard = (await readMeta(tx, "heard")) ?? null;
    const stamp = watch.stamp(heard);
    if (stamp.clock_jumped) await markJumped(tx, heard);
    const op = { op_id, seq, v: 1, ...stamp, ...draft } as Operation;
    const row: OutboxRow = { seq, op, score, outcome: null, answered_at: null };
    await Promise.all([tx.objectStore("outbox").add(row), writeMeta(tx, "last_seq", seq)]);
    return row;
  });
}
