// The outbox: what this phone still has to tell. The seq, the row and the clock's stamp are one strict transaction.
import type { Score } from "../model/quiz.ts";
import type { Operation, OperationHead } from "../protocol.gen.ts";
import { type PersonStore, readMeta, type Writing, writeMeta } from "./database.ts";
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
  let tries = 0;
  return store.write(["outbox", "acknowledged", "attention", "meta"], async (tx) => {
    const before = tries++ > 0 ? await entered(tx, op_id) : null;
    if (before) return before;
    const seq = ((await readMeta(tx, "last_seq")) ?? 0) + 1;
    const heard = (await readMeta(tx, "heard")) ?? null;
    const stamp = watch.stamp(heard);
    if (stamp.clock_jumped) await markJumped(tx, heard);
    const op = { op_id, seq, v: 1, ...stamp, ...draft } as Operation;
    const row: OutboxRow = { seq, op, score, outcome: null, answered_at: null };
    await Promise.all([tx.objectStore("outbox").add(row), writeMeta(tx, "last_seq", seq)]);
    return row;
  });
}

/** The commit may have reached the disk before the connection was lost, and another tab may have sent the act since. */
async function entered(tx: Writing, opId: string): Promise<OutboxRow | null> {
  const waiting = (await tx.objectStore("outbox").getAll()).find(({ op }) => op.op_id === opId);
  if (waiting) return waiting;
  const told = await tx.objectStore("acknowledged").get(opId);
  if (told) return told;
  const refused = await tx.objectStore("attention").get(opId);
  return refused ? { seq: refused.seq, op: refused.op, score: refused.score, outcome: null, answered_at: null } : null;
}
