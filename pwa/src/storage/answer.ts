// Takes in one answer of the server: outcomes, changes, what was reached and the cursor, in one strict transaction.
import { isReached, mergeReached } from "../model/reached.ts";
import type { Change, Outcome, SyncResponse } from "../protocol.gen.ts";
import { type PersonStore, readMeta, type Writing, writeMeta } from "./database.ts";
import type { OutboxRow } from "./schema.ts";

const RING_MS = 14 * 86_400_000;

export interface Asked {
  cursor: string | null;
  epoch: string | null;
  /** by an upload ticket: the answer holds outcomes, and nothing of what the person sees */
  outcomesOnly?: boolean;
}
export interface Taken {
  /** late: another answer came first, only the outcomes were kept; new_epoch: nothing was, ask again */
  how: "stored" | "late" | "new_epoch";
  rejected: number;
}

export async function takeAnswer(
  store: PersonStore,
  asked: Asked,
  answer: SyncResponse,
  wallMs: number,
): Promise<Taken> {
  return store.write(["outbox", "acknowledged", "attention", "replica", "meta"], async (tx) => {
    const epoch = (await readMeta(tx, "epoch")) ?? null;
    if (epoch !== null && epoch !== answer.epoch) {
      await beginEpoch(tx, answer.epoch);
      return { how: "new_epoch", rejected: 0 };
    }
    // The ring reckons in the server's time: a clock that jumps must not empty it.
    const serverMs = Date.parse(answer.server_time);
    const rejected = await takeOutcomes(tx, answer.outcomes, serverMs);
    const late = (await isLate(tx, asked, answer)) && { how: "late" as const, rejected };
    if (!late) await takeChanges(tx, asked, answer);
    await settle(tx, serverMs, late ? true : answer.more);
    if (late) return late;
    await writeMeta(tx, "heard", { server_time: answer.server_time, wall_ms: wallMs, jumped: false });
    // Only a push is told what is missing; a quiet exchange says nothing about it.
    if (answer.outcomes.length > 0) await writeMeta(tx, "missing", answer.missing as [number, number][]);
    return { how: "stored", rejected };
  });
}

/** The server was restored: what it had taken from this phone is told again, and everything is asked from the start. */
async function beginEpoch(tx: Writing, epoch: string): Promise<void> {
  const outbox = tx.objectStore("outbox");
  for (const { seq, op, score } of [...(await tx.objectStore("acknowledged").getAll()), ...(await outbox.getAll())]) {
    await outbox.put({ seq, op, score, outcome: null, answered_at: null });
  }
  await tx.objectStore("acknowledged").clear();
  await Promise.all([writeMeta(tx, "epoch", epoch), writeMeta(tx, "cursor", null), writeMeta(tx, "reached", {})]);
}

/** The cursor is opaque: late is an answer to a question that is no longer the newest, or one that knows less. */
async function isLate(tx: Writing, asked: Asked, answer: SyncResponse): Promise<boolean> {
  if (asked.outcomesOnly) return true;
  const cursor = (await readMeta(tx, "cursor")) ?? null;
  const epoch = (await readMeta(tx, "epoch")) ?? null;
  if (cursor !== asked.cursor || epoch !== asked.epoch) return true;
  const reached = (await readMeta(tx, "reached")) ?? {};
  const afresh = new Set(answer.reset);
  return Object.entries(answer.reached).some(([stream, seq]) => !afresh.has(stream) && seq < (reached[stream] ?? 0));
}

async function takeOutcomes(tx: Writing, outcomes: readonly Outcome[], serverMs: number): Promise<number> {
  const outbox = tx.objectStore("outbox");
  const byId = new Map((await outbox.getAll()).map((row) => [row.op.op_id, row]));
  const answered_at = new Date(serverMs).toISOString();
  let rejected = 0;
  for (const outcome of outcomes) {
    const row = byId.get(outcome.op_id);
    if (!row || row.outcome !== null || outcome.status === "retry") continue;
    if (outcome.status === "rejected") {
      await setAside(tx, row, "rejected", outcome.code, answered_at);
      rejected++;
    } else {
      await outbox.put({ ...row, outcome, answered_at });
    }
  }
  return rejected;
}

export async function setAside(
  tx: Writing,
  { seq, op, score }: OutboxRow,
  why: "rejected" | "unsendable",
  code: string | null,
  at: string,
): Promise<void> {
  await tx.objectStore("attention").put({ op_id: op.op_id, seq, op, score, why, code, at, seen: false });
  await tx.objectStore("outbox").delete(seq);
}

async function takeChanges(tx: Writing, asked: Asked, answer: SyncResponse): Promise<void> {
  const replica = tx.objectStore("replica");
  if (asked.cursor === null) await replica.clear();
  for (const stream of answer.reset) await dropStream(tx, stream);
  await Promise.all(answer.changes.map((change) => takeChange(replica, change)));
  const before = asked.cursor === null ? {} : ((await readMeta(tx, "reached")) ?? {});
  const fresh = asked.cursor === null || answer.reset.length > 0;
  const partial = answer.more && (fresh || ((await readMeta(tx, "partial")) ?? false));
  await Promise.all([
    writeMeta(tx, "reached", mergeReached(before, answer.reset, answer.reached)),
    writeMeta(tx, "cursor", answer.cursor),
    writeMeta(tx, "epoch", answer.epoch),
    writeMeta(tx, "partial", partial),
  ]);
}

async function dropStream(tx: Writing, stream: string): Promise<void> {
  const replica = tx.objectStore("replica");
  const keys = await replica.index("stream").getAllKeys(stream);
  await Promise.all(keys.map((key) => replica.delete(key)));
}

type Replica = ReturnType<typeof replicaOf>;
function replicaOf(tx: Writing) {
  return tx.objectStore("replica");
}

function takeChange(replica: Replica, { stream, entity, id, deleted, data }: Change): Promise<unknown> {
  return deleted || data === null ? replica.delete([stream, entity, id]) : replica.put({ stream, entity, id, data });
}

/** What the replica has caught up with leaves the overlay for the ring; the ring forgets after 14 days. */
async function settle(tx: Writing, serverMs: number, more: boolean): Promise<void> {
  const reached = (await readMeta(tx, "reached")) ?? {};
  const acknowledged = tx.objectStore("acknowledged");
  for (const row of await tx.objectStore("outbox").getAll()) {
    const { outcome, answered_at } = row;
    if (outcome === null || answered_at === null || !isReached(outcome.at, reached, more)) continue;
    await acknowledged.put({ ...row, op_id: row.op.op_id, outcome, answered_at });
    await tx.objectStore("outbox").delete(row.seq);
  }
  for (const { op_id, outcome, answered_at } of await acknowledged.getAll()) {
    // What nobody has decided yet stays: on the screen it would be gone, as if it had never been done.
    const isOpen = outcome.at === null && (outcome.status === "deferred" || outcome.status === "review");
    if (!isOpen && serverMs - Date.parse(answered_at) > RING_MS) await acknowledged.delete(op_id);
  }
}
