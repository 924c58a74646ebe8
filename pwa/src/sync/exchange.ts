// One exchange: which operations go, what the request says, and whether an answer belongs to it.
import type { Operation, Outcome, SyncRequest, SyncResponse } from "../protocol.gen.ts";
import { type PersonStore, readMeta } from "../storage/database.ts";
import { outboxPortions } from "../storage/portions.ts";
import type { OutboxRow } from "../storage/schema.ts";
import type { Result, Transport } from "./transport.ts";

export const MOST = 100;
/** Below the server's 256 KiB, with room for the envelope. */
const MOST_BYTES = 200 * 1024;

export interface Question {
  asked: { cursor: string | null; epoch: string | null };
  rows: OutboxRow[];
  deviceId: string;
  /** operations that are waiting and did not fit: so many at least */
  left: number;
}

export async function nextQuestion(
  store: PersonStore,
  limit: number,
  isDue: (opId: string) => boolean,
): Promise<Question> {
  return store.read(["outbox", "meta"], async (tx) => {
    const most = Math.min(limit, MOST);
    const waiting: OutboxRow[] = [];
    for await (const portion of outboxPortions(tx)) {
      waiting.push(...portion.filter(({ outcome, op }) => outcome === null && isDue(op.op_id)));
      if (waiting.length > most) break;
    }
    const rows = fitting(waiting, most);
    return {
      asked: { cursor: (await readMeta(tx, "cursor")) ?? null, epoch: (await readMeta(tx, "epoch")) ?? null },
      rows,
      deviceId: (await readMeta(tx, "device_id")) ?? "",
      left: waiting.length - rows.length,
    };
  });
}

function fitting(waiting: OutboxRow[], limit: number): OutboxRow[] {
  const encoder = new TextEncoder();
  let bytes = 0;
  const rows = waiting.slice(0, limit);
  const over = rows.findIndex(({ op }) => {
    bytes += encoder.encode(JSON.stringify(op)).length;
    return bytes > MOST_BYTES;
  });
  // One operation always goes, however big: the server says what is wrong with it.
  return over < 0 ? rows : rows.slice(0, Math.max(1, over));
}

export async function exchange(
  transport: Transport,
  { asked, rows, deviceId }: Question,
  who: { personId: string; appVersion: string; sentAt: string; ticket?: string },
): Promise<Result<SyncResponse>> {
  const body: SyncRequest = {
    protocol: 1,
    person_id: who.personId,
    device_id: deviceId,
    epoch: asked.epoch,
    app_version: who.appVersion,
    sent_at: who.sentAt,
    cursor: asked.cursor,
    operations: rows.map(({ op }): Operation => op),
  };
  const read = (answer: unknown) => readAnswer(answer, rows, who.sentAt);
  return transport({ method: "POST", url: "/api/sync", body, read, ...(who.ticket ? { ticket: who.ticket } : {}) });
}

/** Null where it is not the answer to this question: another page, an old answer out of a proxy's cache. */
function readAnswer(body: unknown, rows: readonly OutboxRow[], sentAt: string): SyncResponse | null {
  if (typeof body !== "object" || body === null) return null;
  const answer = body as SyncResponse;
  const shaped =
    answer.protocol === 1 &&
    typeof answer.epoch === "string" &&
    typeof answer.server_time === "string" &&
    typeof answer.cursor === "string" &&
    typeof answer.more === "boolean" &&
    typeof answer.reached === "object" &&
    answer.reached !== null &&
    [answer.outcomes, answer.missing, answer.changes, answer.reset].every(Array.isArray);
  // A server that was put back to an older version does not say which question it answers.
  const isOurs = (answer.asked_at ?? sentAt) === sentAt && shaped && answersAll(answer.outcomes, rows);
  return isOurs ? answer : null;
}

function answersAll(outcomes: readonly Outcome[], rows: readonly OutboxRow[]): boolean {
  return outcomes.length === rows.length && outcomes.every(({ op_id }, n) => op_id === rows[n]?.op.op_id);
}
