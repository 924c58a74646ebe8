// Takes in one answer of the server: outcomes, changes, what was reached and the cursor, in one strict transaction.
import { isReached, mergeReached } from "../model/reached.ts";
import type { Change, Outcome, SyncResponse } from "../protocol.gen.ts";
import { type PersonStore, readMeta, type Writing, writeMeta } from "./database.ts";
import { outboxPortions, runsOf } from "./portions.ts";
import type { OutboxRow } from "./schema.ts";

const RING_MS = 14 * 86_400_000;
const RING_LOOK_MS = 3_600_000;

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
    const { rejected, answered } = await takeOutcomes(tx, answer.outcomes, serverMs);
    const late = (await isLate(tx, asked, answer)) && { how: "late" as const, rejected };
    if (!late) await takeChanges(tx, asked, answer);
    // An older version of the app, open in another tab, does not list what it answers: a quiet exchange has time to look.
    const earlier = await earlierAnswered(tx, answer.outcomes.length === 0);
    await settle(tx, earlier, answered, late ? true : answer.more);
    await forgetOld(tx, serverMs);
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
  const all = [...(await tx.objectStore("acknowledged").getAll()), ...(await outbox.getAll())];
  await Promise.all([
    ...all.map(({ seq, op, score }) => outbox.put({ seq, op, score, outcome: null, answered_at: null })),
    tx.objectStore("acknowledged").clear(),
    writeMeta(tx, "answered", []),
    writeMeta(tx, "epoch", epoch),
    writeMeta(tx, "cursor", null),
    writeMeta(tx, "reached", {}),
  ]);
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

type AnsweredRow = OutboxRow & { outcome: Outcome; answered_at: string };

/** What was answered is not written yet: most of it goes on to the ring at once. */
async function takeOutcomes(
  tx: Writing,
  outcomes: readonly Outcome[],
  serverMs: number,
): Promise<{ rejected: number; answered: AnsweredRow[] }> {
  const left = new Map(outcomes.map((outcome) => [outcome.op_id, outcome]));
  const answered_at = new Date(serverMs).toISOString();
  const answered: AnsweredRow[] = [];
  const refused: { row: OutboxRow; code: string | null }[] = [];
  const take = (row: OutboxRow) => {
    const outcome = left.get(row.op.op_id);
    left.delete(row.op.op_id);
    if (!outcome || row.outcome !== null || outcome.status === "retry") return;
    if (outcome.status !== "rejected") answered.push({ ...row, outcome, answered_at });
    else refused.push({ row, code: outcome.code });
  };
  if (left.size === 0) return { rejected: 0, answered };
  for await (const portion of outboxPortions(tx)) {
    portion.forEach(take);
    if (left.size === 0) break;
  }
  await Promise.all(refused.map(({ row, code }) => setAside(tx, row, "rejected", code, answered_at)));
  return { rejected: refused.length, answered };
}

export async function setAside(
  tx: Writing,
  { seq, op, score }: OutboxRow,
  why: "rejected" | "unsendable",
  code: string | null,
  at: string,
): Promise<void> {
  await Promise.all([
    tx.objectStore("attention").put({ op_id: op.op_id, seq, op, score, why, code, at, seen: false }),
    tx.objectStore("outbox").delete(seq),
  ]);
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

/** Rows that were answered before and wait in the outbox for the replica to catch up with them. */
async function earlierAnswered(tx: Writing, everywhere: boolean): Promise<AnsweredRow[]> {
  const listed = everywhere ? undefined : await readMeta(tx, "answered");
  const outbox = tx.objectStore("outbox");
  const rows = listed ? await Promise.all(listed.map((seq) => outbox.get(seq))) : await outbox.getAll();
  return rows.filter((row): row is AnsweredRow => (row?.outcome ?? null) !== null && row?.answered_at !== null);
}

/** What the replica has caught up with leaves the overlay for the ring. */
async function settle(
  tx: Writing,
  earlier: readonly AnsweredRow[],
  answered: readonly AnsweredRow[],
  more: boolean,
): Promise<void> {
  const reached = (await readMeta(tx, "reached")) ?? {};
  const isSettled = ({ outcome }: AnsweredRow) => isReached(outcome.at, reached, more);
  const settled = [...earlier, ...answered].filter(isSettled);
  const staying = [...earlier, ...answered].filter((row) => !isSettled(row));
  const [outbox, acknowledged] = [tx.objectStore("outbox"), tx.objectStore("acknowledged")];
  await Promise.all([
    ...settled.map((row) => acknowledged.put({ ...row, op_id: row.op.op_id })),
    ...runsOf(settled.map(({ seq }) => seq)).map(([from, to]) => outbox.delete(IDBKeyRange.bound(from, to))),
    ...answered.filter((row) => !isSettled(row)).map((row) => outbox.put(row)),
    writeMeta(
      tx,
      "answered",
      staying.map(({ seq }) => seq),
    ),
  ]);
}

/** The ring forgets after 14 days, and is looked through at most once an hour: it may hold thousands. */
async function forgetOld(tx: Writing, serverMs: number): Promise<void> {
  const looked = await readMeta(tx, "ring_looked_ms");
  if (looked !== undefined && Math.abs(serverMs - looked) < RING_LOOK_MS) return;
  const acknowledged = tx.objectStore("acknowledged");
  for (const { op_id, outcome, answered_at } of await acknowledged.getAll()) {
    // What nobody has decided yet stays: on the screen it would be gone, as if it had never been done.
    const isOpen = outcome.at === null && (outcome.status === "deferred" || outcome.status === "review");
    if (!isOpen && serverMs - Date.parse(answered_at) > RING_MS) await acknowledged.delete(op_id);
  }
  await writeMeta(tx, "ring_looked_ms", serverMs);
}
