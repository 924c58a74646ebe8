// Confirmed ⊕ outbox: lays what this phone has said, and the server has not yet published, over what it has published.
import type { CheckedIn, CourseEnrolment, Operation, QuizAttempted, Reminder } from "../protocol.gen.ts";
import { confidenceOf, strongest } from "./attendance.ts";
import { type Facts, pairKey, push } from "./facts.ts";
import type { AcknowledgedRow, OutboxRow, Snapshot } from "./snapshot.ts";
import type { Delivery } from "./view.ts";

/** Every operation whose effect the replica may not have yet, in the order in which it was done. */
export function overlayRows({ outbox, acknowledged }: Snapshot, facts: Facts): OutboxRow[] {
  const unsettled = acknowledged.filter((row) => isUnsettled(row, facts));
  return [...outbox, ...unsettled].sort((a, b) => a.seq - b.seq);
}

/** Stored by the server and not applied yet: it has no place in a stream, and must not vanish from the screen. */
function isUnsettled({ op_id, outcome }: AcknowledgedRow, facts: Facts): boolean {
  const status = facts.receipts.get(op_id)?.status ?? outcome.status;
  return outcome.at === null && (status === "deferred" || status === "review");
}

export function deliveryOf({ outcome }: OutboxRow): Delivery {
  const status = outcome?.status ?? "retry";
  switch (status) {
    case "retry":
    case "deferred":
      return "waiting";
    case "applied":
    case "merged":
      return "sent";
    case "review":
      return "review";
    case "rejected":
      return "attention";
    default:
      return status satisfies never;
  }
}

export function applyOverlay(facts: Facts, rows: readonly OutboxRow[], personId: string): Facts {
  const attempts = new Set([...facts.attempts.values()].flat().map(({ op_id }) => op_id));
  for (const row of rows) {
    // Published already: an attempt is a row of its own, and would stand there twice.
    if (!attempts.has(row.op.op_id)) applyOperation(facts, row, personId);
  }
  return facts;
}

function applyOperation(facts: Facts, row: OutboxRow, personId: string): void {
  const { op } = row;
  const delivery = deliveryOf(row);
  switch (op.kind) {
    case "step_completed": {
      const known = facts.completions.get(op.course_id)?.some(sameStep(op));
      const completed_at = op.occurred_at;
      const { course_id, step_key, version } = op;
      if (!known) push(facts.completions, course_id, { course_id, step_key, version, completed_at, delivery });
      break;
    }
    case "quiz_attempted":
      applyAttempt(facts, op, row, delivery);
      break;
    case "place_kept": {
      const { item_id, step_key, position_s, occurred_at } = op;
      facts.places.set(item_id, { item_id, step_key, position_s, kept_at: occurred_at });
      break;
    }
    case "note_kept": {
      const { course_id, step_key, text, occurred_at } = op;
      facts.notes.set(pairKey(course_id, step_key), { course_id, step_key, text, kept_at: occurred_at, delivery });
      break;
    }
    case "checked_in":
      applyCheckIn(facts, op, personId, delivery);
      break;
    case "course_chosen":
      choose(facts, op.course_id, true);
      break;
    case "course_left":
      choose(facts, op.course_id, false);
      break;
    case "preference_set":
      facts.preferences.set(op.name, op.value);
      break;
    case "reminder_seen":
      answerReminder(facts, op.reminder_id, { seen_at: op.occurred_at });
      break;
    case "reminder_snoozed":
      answerReminder(facts, op.reminder_id, { snoozed_until: op.until_on });
      break;
    case "reminder_muted":
      answerReminder(facts, op.reminder_id, { is_muted: true });
      break;
    case "reminder_unmuted":
      answerReminder(facts, op.reminder_id, { is_muted: false });
      break;
    default:
      op satisfies never;
  }
}

function sameStep(op: { step_key: string; version: number }) {
  return (fact: { step_key: string; version: number }) => fact.step_key === op.step_key && fact.version === op.version;
}

/** An exam is scored by the server alone: until then there is no attempt to show, only that it has been answered. */
function applyAttempt(facts: Facts, op: QuizAttempted, { score }: OutboxRow, delivery: Delivery): void {
  const { course_id, step_key, version, occurred_at, op_id } = op;
  if (score) {
    const { right, questions, passed } = score;
    const attempt = { course_id, step_key, version, attempted_at: occurred_at, right, questions, passed };
    push(facts.attempts, course_id, { ...attempt, op_id, delivery });
  } else {
    push(facts.unscored, course_id, { step_key, version, delivery });
  }
}

function applyCheckIn(facts: Facts, op: CheckedIn, personId: string, delivery: Delivery): void {
  const { departure_id, stop_key, occurred_at, evidence } = op;
  const key = pairKey(departure_id, stop_key);
  const before = facts.checkIns.get(key);
  const confidence = confidenceOf(evidence.method);
  // The word of the newest evidence is shown, except that "sent" never hides that something else still waits.
  facts.checkIns.set(key, {
    departure_id,
    stop_key,
    person_id: personId,
    checked_in_at: before && before.checked_in_at < occurred_at ? before.checked_in_at : occurred_at,
    confidence: before ? strongest(before.confidence, confidence) : confidence,
    methods: [...new Set([...(before?.methods ?? []), evidence.method])],
    in_review: (before?.in_review ?? false) || delivery === "review",
    delivery: delivery === "sent" ? (before?.delivery ?? "sent") : delivery,
  });
}

function choose(facts: Facts, course_id: string, chosen: boolean): void {
  const nothing: CourseEnrolment = {
    kind: "course",
    course_id,
    chosen,
    pinned: null,
    completed_version: null,
    completed_at: null,
  };
  facts.courseEnrolments.set(course_id, { ...(facts.courseEnrolments.get(course_id) ?? nothing), chosen });
}

function answerReminder(facts: Facts, id: string, answer: Partial<Reminder>): void {
  const reminder = facts.reminders.get(id);
  if (reminder) facts.reminders.set(id, { ...reminder, ...answer });
}

/** An act is what a person did and was told "saved" of; where one was, or what one says to a reminder, is none. */
export function isAct({ kind }: Operation): boolean {
  return kind !== "place_kept" && !kind.startsWith("reminder_");
}
