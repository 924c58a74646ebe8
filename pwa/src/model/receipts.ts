// A receipt for each act: what this phone said, when, and what the server made of it.
import type { Operation } from "../protocol.gen.ts";
import type { Facts } from "./facts.ts";
import { isAct } from "./overlay.ts";
import type { Snapshot } from "./snapshot.ts";
import type { CourseView, DepartureView, ReceiptView } from "./view.ts";

type Said = { op: Operation; sentAt: string | null; status: ReceiptView["status"]; code: string | null; seen: boolean };
/** Once somebody has decided, or a rule has taken it, it is nobody's concern any more. */
export const isTaken = ({ status }: Pick<ReceiptView, "status">): boolean =>
  status === "applied" || status === "merged" || status === "superseded";

export function viewReceipts(
  { outbox, acknowledged, attention, seenReceipts }: Snapshot,
  facts: Facts,
  courses: readonly CourseView[],
  departures: readonly DepartureView[],
): ReceiptView[] {
  const seen = new Set(seenReceipts);
  const told = [...outbox, ...acknowledged].map(({ op, outcome, answered_at }): Said => {
    const later = facts.receipts.get(op.op_id);
    const status = later?.status ?? statusOf(outcome?.status);
    const code = later ? later.code : (outcome?.code ?? null);
    return { op, sentAt: answered_at, status, code, seen: seen.has(op.op_id) };
  });
  const refused = attention.map(({ op, why, code, at, seen: read }): Said => {
    const sentAt = why === "rejected" ? at : null;
    return { op, sentAt, status: "rejected", code: code ?? why, seen: read };
  });
  const here = new Set([...told, ...refused].map(({ op }) => op.op_id));
  const attempts = new Map([...facts.attempts.values()].flat().map((one) => [one.op_id, one]));
  const all = [...told, ...refused, ...saidElsewhere(facts, here, seen)];
  return all
    .filter(({ op }) => isAct(op))
    .sort((a, b) => inTime(b.op, a.op))
    .map((one) => ({ ...one, status: isSuperseded(one, all) ? ("superseded" as const) : one.status }))
    .map(({ op, sentAt, status, code, seen: read }) => ({
      opId: op.op_id,
      kind: op.kind,
      subject: subjectOf(op, courses, departures),
      savedAt: op.occurred_at,
      sentAt,
      status,
      code,
      decided: decisionOn(op, facts),
      result: resultOf(op, attempts),
      seen: read,
    }));
}

/** What did not count of what another phone handed in sealed: that phone has forgotten it, and the server has not. */
function saidElsewhere({ receipts }: Facts, here: Set<string>, seen: Set<string>): Said[] {
  return [...receipts.values()]
    .filter(({ op_id, status }) => !here.has(op_id) && (status === "rejected" || status === "review"))
    .flatMap(({ op_id, status, code, decided_at, operation }) => {
      const op = operation as unknown as Operation | null | undefined;
      return op ? [{ op, sentAt: decided_at, status, code, seen: seen.has(op_id) }] : [];
    });
}

/** A wrong code is nobody's concern any longer when a later check-in at the same stop was taken. */
function isSuperseded({ op, status }: Said, all: readonly Said[]): boolean {
  if (op.kind !== "checked_in" || status !== "review") return false;
  return all.some(
    (other) =>
      other.op.kind === "checked_in" &&
      other.op.departure_id === op.departure_id &&
      other.op.stop_key === op.stop_key &&
      other.op.seq > op.seq &&
      (other.status === "applied" || other.status === "merged"),
  );
}

function decisionOn({ op_id }: Operation, facts: Facts): ReceiptView["decided"] {
  const later = facts.receipts.get(op_id);
  return later?.is_decision ? { reason: later.reason ?? null } : null;
}

type Attempts = ReadonlyMap<string | undefined, { right: number; questions: number; passed: boolean }>;

function resultOf(op: Operation, attempts: Attempts): ReceiptView["result"] {
  const found = op.kind === "quiz_attempted" ? attempts.get(op.op_id) : undefined;
  return found ? { right: found.right, questions: found.questions, passed: found.passed } : null;
}

/** Instants on the wire sort as they are; a comparison by the rules of a language is ten times slower. */
function inTime(a: Operation, b: Operation): number {
  if (a.occurred_at !== b.occurred_at) return a.occurred_at < b.occurred_at ? -1 : 1;
  return a.seq - b.seq;
}

function statusOf(status: string | undefined): ReceiptView["status"] {
  return status === undefined || status === "retry" ? "waiting" : (status as ReceiptView["status"]);
}

function subjectOf(op: Operation, courses: readonly CourseView[], departures: readonly DepartureView[]): string {
  switch (op.kind) {
    case "checked_in": {
      const tour = departures.find(({ departure }) => departure.departure_id === op.departure_id);
      return tour?.stops.find(({ stop }) => stop.key === op.stop_key)?.stop.name ?? tour?.title ?? "";
    }
    case "course_chosen":
    case "course_left":
      return courses.find(({ entry }) => entry.item_id === op.course_id)?.title ?? "";
    case "step_completed":
    case "quiz_attempted":
    case "note_kept": {
      const course = courses.find(({ entry }) => entry.item_id === op.course_id);
      return course?.steps.find(({ step }) => step.key === op.step_key)?.step.title ?? course?.title ?? "";
    }
    case "place_kept":
    case "reminder_seen":
    case "reminder_snoozed":
    case "reminder_muted":
    case "reminder_unmuted":
      return "";
    case "preference_set":
      return op.name === "language" ? op.value : op.name;
    default:
      return op satisfies never;
  }
}
