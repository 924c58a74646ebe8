// One course as a person sees it: its document on this phone, its steps, how far it has come.
import type { CatalogueEntry, CourseDocument, DocumentRef, Step } from "../protocol.gen.ts";
import { isStepDone, isVersionCompleted, type VersionShape } from "./completion.ts";
import { type Facts, pairKey } from "./facts.ts";
import { fellBack, languageOrder, pickByLanguage, pickText } from "./language.ts";
import { shownAttempt } from "./quiz.ts";
import type { AttentionRow, Document } from "./snapshot.ts";
import type { CourseView, Delivery, DocumentSource, StepView } from "./view.ts";

/** What the projection is made from; the phone's documents by their hash. */
export interface Scene {
  facts: Facts;
  documents: ReadonlyMap<string, Document>;
  attention: readonly AttentionRow[];
  language: string;
  nowMs: number;
  today: string;
}
type Documents = Record<string, DocumentRef>;

export function sourceOf(documents: Documents, language: string): DocumentSource | null {
  const found = pickByLanguage(documents, language);
  if (!found) return null;
  const { hash, bytes, picture_bytes, media_bytes } = found.value;
  return { hash, language: found.language, bytes, pictureBytes: picture_bytes, mediaBytes: media_bytes };
}

/** The document in the best language that is on this phone: after a change of language offline, the old one is shown. */
export function heldDocument(documents: Documents, held: Scene["documents"], language: string): Document | null {
  for (const tag of [...languageOrder(language), ...Object.keys(documents).sort()]) {
    const document = held.get(documents[tag]?.hash ?? "");
    if (document) return document;
  }
  return null;
}

function shapeOf(document: CourseDocument): VersionShape {
  return { version: document.version, steps: stepsOf(document) };
}

export function stepsOf(document: CourseDocument): Step[] {
  return document.modules.flatMap(({ steps }) => steps);
}

/** A begun course stays on the version it was begun on: the server's pin, else the version of what waits here. */
function documentsToShow(entry: CatalogueEntry, scene: Scene): Documents {
  const enrolment = scene.facts.courseEnrolments.get(entry.item_id);
  if (enrolment?.completed_at) return entry.documents;
  if (enrolment?.pinned) return enrolment.pinned.documents;
  const acts = [
    ...(scene.facts.completions.get(entry.item_id) ?? []),
    ...(scene.facts.attempts.get(entry.item_id) ?? []),
    ...(scene.facts.unscored.get(entry.item_id) ?? []),
  ];
  const begunOn = acts.find(({ version }) => version !== entry.version)?.version;
  if (begunOn === undefined || acts.some(({ version }) => version === entry.version)) return entry.documents;
  const kept = [...scene.documents].filter(([, one]) => isCourse(one, entry.item_id) && one.version === begunOn);
  if (kept.length === 0) return entry.documents;
  const bare = { bytes: 0, picture_bytes: 0, media_bytes: 0 };
  return Object.fromEntries(kept.map(([hash, one]) => [one.language, { hash, ...bare }]));
}

function isCourse(document: Document, courseId: string): document is CourseDocument {
  return document.kind === "course" && document.course_id === courseId;
}

export function viewCourse(entry: CatalogueEntry, scene: Scene): CourseView {
  const { facts, language } = scene;
  const courseId = entry.item_id;
  const refs = documentsToShow(entry, scene);
  const held =
    heldDocument(refs, scene.documents, language) ?? heldDocument(entry.documents, scene.documents, language);
  const document = held?.kind === "course" ? held : null;
  const steps = document ? viewSteps(document, scene) : [];
  const enrolment = facts.courseEnrolments.get(courseId);
  const completion = completionOf(document, steps, enrolment?.completed_at ?? null);
  const acts = [...(facts.completions.get(courseId) ?? []), ...(facts.attempts.get(courseId) ?? [])];
  const unscored = facts.unscored.get(courseId) ?? [];
  const chosen = enrolment?.chosen ?? false;
  const assigned = isAssigned(courseId, facts);
  const required = steps.filter(({ step }) => step.required);
  const begun = acts.length + unscored.length > 0 || facts.places.has(courseId);
  return {
    entry,
    title: document?.title ?? pickText(entry.title, language),
    summary: document?.summary ?? pickText(entry.summary, language),
    source: sourceOf(refs, language),
    document,
    fellBackTo: fellBack(
      document?.language ?? pickByLanguage(entry.documents, language)?.language ?? language,
      language,
    ),
    steps,
    done: document ? required.filter(isDone).length : requiredDoneUnseen(acts, enrolment?.completed_at ?? null, entry),
    required: document ? required.length : entry.required_steps,
    state: completion?.state ?? (begun ? "now" : "open"),
    completedAt: completion?.at ?? null,
    delivery: deliveryOfCourse(steps, [...acts, ...unscored]),
    chosen,
    assigned,
    begun,
    offered: entry.is_open || assigned || chosen || begun || completion !== null,
    here: hereOf(courseId, steps, facts, completion !== null),
    minutesLeft: document ? sum(steps.filter((one) => !isDone(one))) : completion ? 0 : entry.minutes,
  };
}

export function isDone({ state }: StepView): boolean {
  return state === "done" || state === "saved";
}

/** A result that is to be bettered. An exam's new answers are on their way: what an earlier try came to is no news. */
export function unpassed(one: StepView): StepView["attempt"] {
  if (isDone(one) || one.attempt?.passed) return null;
  return one.step.quiz?.mode === "exam" && one.delivery === "waiting" ? null : one.attempt;
}

function sum(steps: StepView[]): number {
  return steps.reduce((total, { step }) => total + step.minutes, 0);
}

/** Without the document nobody can say which facts are of required steps; as many as there are, at most all. */
function requiredDoneUnseen(
  acts: readonly { step_key: string }[],
  completedAt: string | null,
  entry: CatalogueEntry,
): number {
  if (completedAt) return entry.required_steps;
  return Math.min(entry.required_steps, new Set(acts.map(({ step_key }) => step_key)).size);
}

function viewSteps(document: CourseDocument, scene: Scene): StepView[] {
  const { facts } = scene;
  const courseId = document.course_id;
  const known = [...scene.documents.values()].filter((one) => isCourse(one, courseId)).map(shapeOf);
  const completions = facts.completions.get(courseId) ?? [];
  const attempts = facts.attempts.get(courseId) ?? [];
  const views = stepsOf(document).map((step): StepView => {
    const done = isStepDone(step, document.version, known, completions, attempts);
    const mine = (step.kind === "quiz" ? attempts : completions).filter(({ step_key }) => step_key === step.key);
    const refused = scene.attention.some((row) => !row.seen && concerns(row, courseId, step.key));
    const note = facts.notes.get(pairKey(courseId, step.key));
    const unscored = (facts.unscored.get(courseId) ?? []).filter(({ step_key }) => step_key === step.key);
    const delivery = worst([...mine, ...unscored, ...(note ? [note] : [])].map((fact) => fact.delivery));
    const shown = step.quiz
      ? shownAttempt(
          attempts.filter(({ step_key }) => step_key === step.key),
          step.quiz.counts,
        )
      : null;
    return {
      step,
      state: done ? (delivery === "waiting" ? "saved" : "done") : "open",
      completedAt: done ? firstAt(mine) : null,
      delivery: refused ? "attention" : delivery,
      attempt: shown && {
        right: shown.right,
        questions: shown.questions,
        passed: shown.passed,
        attemptedAt: shown.attempted_at,
      },
      note: note?.text ?? null,
    };
  });
  const next = views.find((view) => !isDone(view));
  if (next) next.state = "now";
  return views;
}

function concerns({ op }: AttentionRow, courseId: string, stepKey: string): boolean {
  return "step_key" in op && "course_id" in op && op.course_id === courseId && op.step_key === stepKey;
}

type Fact = { delivery: Delivery; completed_at?: string; attempted_at?: string; passed?: boolean };

function firstAt(facts: readonly Fact[]): string | null {
  const times = facts
    .filter(({ passed }) => passed !== false)
    .map((fact) => fact.completed_at ?? fact.attempted_at ?? "");
  return times.sort()[0] ?? null;
}

const ORDER: Delivery[] = ["attention", "waiting", "review", "sent"];

/** What still needs something is told before what does not. */
export function worst(deliveries: readonly Delivery[]): Delivery | null {
  return ORDER.find((one) => deliveries.includes(one)) ?? null;
}

function deliveryOfCourse(steps: readonly StepView[], acts: readonly { delivery: Delivery }[]): Delivery | null {
  return worst([...steps.flatMap(({ delivery }) => delivery ?? []), ...acts.map(({ delivery }) => delivery)]);
}

/** The server's word counts; the phone's own is shown at once. */
function completionOf(
  document: CourseDocument | null,
  steps: readonly StepView[],
  confirmedAt: string | null,
): { state: "done" | "saved"; at: string } | null {
  if (confirmedAt) return { state: "done", at: confirmedAt };
  if (!document) return null;
  const done = steps.filter(isDone);
  if (!isVersionCompleted(shapeOf(document), new Set(done.map(({ step }) => step.key)))) return null;
  const required = done.filter(({ step }) => step.required);
  const at =
    required
      .map(({ completedAt }) => completedAt ?? "")
      .sort()
      .at(-1) ?? "";
  return { state: required.some(({ state }) => state === "saved") ? "saved" : "done", at };
}

function isAssigned(courseId: string, facts: Facts): boolean {
  return [...facts.programmeEnrolments.keys()].some((id) =>
    facts.programmes.get(id)?.items.some(({ item_id }) => item_id === courseId),
  );
}

function hereOf(courseId: string, steps: readonly StepView[], facts: Facts, completed: boolean): CourseView["here"] {
  const place = facts.places.get(courseId);
  const there = steps.find(({ step }) => step.key === place?.step_key);
  // A step that was finished since is not where one is: the next one is.
  if (place && there && !completed && !isDone(there)) return { stepKey: place.step_key, positionS: place.position_s };
  const next = steps.find((view) => !isDone(view)) ?? steps[0];
  return next ? { stepKey: next.step.key, positionS: null } : null;
}
