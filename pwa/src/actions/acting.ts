// What a person can do. Each act is one small immutable operation, and resolves when it is durable on this phone; the
// network is someone else's concern.
import { stepsOf } from "../model/course.ts";
import type { Accuracy } from "../model/place.ts";
import { type Score, scoreQuiz } from "../model/quiz.ts";
import { readCode } from "../model/typed-code.ts";
import type { View } from "../model/view.ts";
import type { CourseDocument, PreferenceSet } from "../protocol.gen.ts";
import type { Draft } from "../storage/outbox.ts";

/** Scored on the phone (practice); null of an exam: the result comes when the answers are sent. */
export type QuizResult = Score | null;
export type CodeResult = { ok: true } | { ok: false; why: "mistyped" };

export interface Actions {
  completeStep(courseId: string, version: number, stepKey: string): Promise<void>;
  /** may be called as often as one likes: positions in the same step are kept at most every 15 s */
  keepPlace(itemId: string, stepKey: string, positionS: number | null): Promise<void>;
  attemptQuiz(course: CourseDocument, stepKey: string, answers: Record<string, string[]>): Promise<QuizResult>;
  checkInByPlace(departureId: string, stopKey: string, accuracy: Accuracy, fenceVersion: number): Promise<void>;
  checkInByCode(departureId: string, stopKey: string, code: string): Promise<CodeResult>;
  chooseCourse(courseId: string): Promise<void>;
  leaveCourse(courseId: string): Promise<void>;
  keepNote(courseId: string, stepKey: string, text: string): Promise<void>;
  setLanguage(language: string): Promise<void>;
  setPreference(name: PreferenceSet["name"], value: string): Promise<void>;
  seeReminder(id: string): Promise<void>;
  /** not before that day, yyyy-mm-dd */
  putOffReminder(id: string, untilOn: string): Promise<void>;
  /** no more of what it is about */
  muteReminder(id: string): Promise<void>;
  /** of what it is about, once more */
  unmuteReminder(id: string): Promise<void>;
}
export interface ActingPorts {
  enter(draft: Draft, score?: Score | null): Promise<void>;
  view(): View;
  now(): number;
  setTimer(act: () => void, ms: number): () => void;
}
const PLACE_EVERY_MS = 15_000;

export function createActions(ports: ActingPorts): { actions: Actions; flushPlaces(): void } {
  const { enter, view } = ports;
  const places = createPlaces(ports);
  const actions: Actions = {
    completeStep: async (course_id, version, step_key) => {
      if (isDoneAlready(view(), course_id, version, step_key)) return;
      await enter({ kind: "step_completed", course_id, version, step_key });
    },
    keepPlace: places.keep,
    attemptQuiz: async (course, step_key, answers) => {
      const quiz = stepsOf(course).find(({ key }) => key === step_key)?.quiz;
      const score = quiz ? scoreQuiz(quiz, answers) : null;
      const { course_id, version } = course;
      await enter({ kind: "quiz_attempted", course_id, version, step_key, answers }, score);
      return score;
    },
    checkInByPlace: (departure_id, stop_key, accuracy, fence_version) =>
      enter({
        kind: "checked_in",
        departure_id,
        stop_key,
        evidence: { method: "place", inside: true, accuracy, fence_version },
      }),
    checkInByCode: async (departure_id, stop_key, typed) => {
      const code = readCode(typed);
      if (code === null) return { ok: false, why: "mistyped" };
      await enter({ kind: "checked_in", departure_id, stop_key, evidence: { method: "typed_code", code } });
      return { ok: true };
    },
    chooseCourse: (course_id) => enter({ kind: "course_chosen", course_id }),
    leaveCourse: (course_id) => enter({ kind: "course_left", course_id }),
    keepNote: (course_id, step_key, text) => enter({ kind: "note_kept", course_id, step_key, text }),
    setLanguage: (value) => enter({ kind: "preference_set", name: "language", value }),
    setPreference: (name, value) => enter({ kind: "preference_set", name, value }),
    seeReminder: (reminder_id) => enter({ kind: "reminder_seen", reminder_id }),
    putOffReminder: (reminder_id, until_on) => enter({ kind: "reminder_snoozed", reminder_id, until_on }),
    muteReminder: (reminder_id) => enter({ kind: "reminder_muted", reminder_id }),
    unmuteReminder: (reminder_id) => enter({ kind: "reminder_unmuted", reminder_id }),
  };
  return { actions, flushPlaces: places.flush };
}

/** A completion is a set: saying it twice says nothing, and would only weigh on the outbox. */
function isDoneAlready(view: View, courseId: string, version: number, stepKey: string): boolean {
  const course = view.courses.find(({ entry }) => entry.item_id === courseId);
  const step = course?.steps.find((one) => one.step.key === stepKey);
  return course?.document?.version === version && (step?.state === "done" || step?.state === "saved");
}

/** A film tells its position every second; the outbox wants it seldom, and the last one for certain. */
function createPlaces({ enter, now, setTimer }: ActingPorts) {
  type Kept = { stepKey: string; positionS: number | null; atMs: number };
  const last = new Map<string, Kept>();
  const pending = new Map<string, { kept: Kept; stop(): void }>();

  const write = async (itemId: string, { stepKey, positionS }: Kept): Promise<void> => {
    pending.get(itemId)?.stop();
    pending.delete(itemId);
    last.set(itemId, { stepKey, positionS, atMs: now() });
    await enter({ kind: "place_kept", item_id: itemId, step_key: stepKey, position_s: positionS });
  };
  const keep = async (itemId: string, stepKey: string, positionS: number | null): Promise<void> => {
    const before = last.get(itemId);
    const kept = { stepKey, positionS, atMs: now() };
    if (before?.stepKey === stepKey && before.positionS === positionS) return;
    const since = before ? kept.atMs - before.atMs : Number.POSITIVE_INFINITY;
    if (before?.stepKey !== stepKey || since >= PLACE_EVERY_MS) return write(itemId, kept);
    pending.get(itemId)?.stop();
    const stop = setTimer(() => void write(itemId, kept).catch(() => undefined), PLACE_EVERY_MS - since);
    pending.set(itemId, { kept, stop });
  };
  const flush = (): void => {
    for (const [itemId, { kept }] of [...pending]) void write(itemId, kept).catch(() => undefined);
  };
  return { keep, flush };
}
