// A programme as a line of stops: what is done, what is next, what is late, what is best done after something else.
import type { Programme, ProgrammeEnrolment, ProgrammeItem } from "../protocol.gen.ts";
import { type Scene, unpassed } from "./course.ts";
import { daysBetween } from "./dates.ts";
import { pickText } from "./language.ts";
import type { CourseView, DepartureView, ItemView, ProgrammeView } from "./view.ts";

const SOON_DAYS = 7;

export function viewProgramme(
  programme: Programme,
  enrolment: ProgrammeEnrolment,
  scene: Scene,
  courses: readonly CourseView[],
  departures: readonly DepartureView[],
): ProgrammeView {
  const bare = programme.items.map((item) => bareItem(item, enrolment, scene, courses, departures));
  const doneKeys = new Set(bare.filter(({ completedAt }) => completedAt !== null).map(({ key }) => key));
  const items = bare.map((view, n): ItemView => {
    const waitsFor = (programme.items[n]?.after ?? []).filter((key) => !doneKeys.has(key));
    const isMandatory = programme.items[n]?.is_mandatory ?? true;
    return { ...view, waitsFor, state: view.completedAt ? view.state : stateOf(view, scene.today, isMandatory) };
  });
  const now = items.find(({ completedAt, waitsFor }) => completedAt === null && waitsFor.length === 0);
  if (now?.state === "open") now.state = "now";
  return {
    programme,
    title: pickText(programme.title, scene.language),
    items,
    done: doneKeys.size,
    completedAt: enrolment.completed_at ?? completedHere(programme, items),
  };
}

/** As the office has it: only what is mandatory can be late, or soon be. */
function stateOf({ dueOn }: ItemView, today: string, isMandatory: boolean): ItemView["state"] {
  const left = dueOn === null || !isMandatory ? Number.POSITIVE_INFINITY : daysBetween(today, dueOn);
  if (left < 0) return "late";
  return left <= SOON_DAYS ? "soon" : "open";
}

function bareItem(
  { key, kind, item_id, is_mandatory }: ProgrammeItem,
  enrolment: ProgrammeEnrolment,
  { facts, language, today }: Scene,
  courses: readonly CourseView[],
  departures: readonly DepartureView[],
): ItemView {
  const entry = facts.catalogue.get(item_id);
  const told = enrolment.items.find((one) => one.key === key);
  const dueOn = told?.due_on ?? null;
  const course = courses.find((one) => one.entry.item_id === item_id);
  const tour = bestOf(departures.filter(({ departure }) => departure.activity_id === item_id));
  const ownAt = kind === "course" ? (course?.completedAt ?? null) : attendedAt(tour);
  const completedAt = told?.completed_at ?? ownAt;
  const saved =
    told?.completed_at == null && (kind === "course" ? course?.state === "saved" : tour?.delivery === "waiting");
  return {
    key,
    kind,
    itemId: item_id,
    slug: entry?.slug ?? null,
    title: course?.title ?? tour?.title ?? pickText(entry?.title ?? {}, language),
    minutes: entry?.minutes ?? 0,
    state: completedAt === null ? "open" : saved ? "saved" : "done",
    // A date that has passed says nothing of what nobody has to do.
    dueOn: dueOn !== null && (is_mandatory || dueOn >= today) ? dueOn : null,
    completedAt,
    delivery: (kind === "course" ? course?.delivery : tour?.delivery) ?? null,
    waitsFor: [],
    progress: progressOf(course, tour),
    unpassed: completedAt === null ? (course?.steps.map(unpassed).find((one) => one !== null) ?? null) : null,
  };
}

function bestOf(departures: readonly DepartureView[]): DepartureView | undefined {
  return (
    departures.find(({ attended }) => attended) ?? departures.find(({ when }) => when !== "past") ?? departures.at(-1)
  );
}

function attendedAt(tour: DepartureView | undefined): string | null {
  if (!tour?.attended) return null;
  return (
    tour.stops
      .flatMap(({ checkIn }) => checkIn?.checkedInAt ?? [])
      .sort()
      .at(-1) ?? null
  );
}

function progressOf(course: CourseView | undefined, tour: DepartureView | undefined): ItemView["progress"] {
  if (course) return course.begun || course.completedAt ? { done: course.done, of: course.required } : null;
  if (!tour?.document || tour.checkedIn === 0) return null;
  return { done: tour.checkedIn, of: tour.document.stops.length };
}

function completedHere({ items }: Programme, views: readonly ItemView[]): string | null {
  const mandatory = views.filter((_, n) => items[n]?.is_mandatory);
  if (mandatory.length === 0 || mandatory.some(({ completedAt }) => completedAt === null)) return null;
  return (
    mandatory
      .map(({ completedAt }) => completedAt ?? "")
      .sort()
      .at(-1) ?? null
  );
}
