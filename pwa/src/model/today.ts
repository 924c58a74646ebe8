// What to offer next: something due, else something begun, else five curious minutes of what is on the phone.
import { isDone } from "./course.ts";
import type { Facts } from "./facts.ts";
import type { CourseView, DepartureView, ItemView, ProgrammeView, View } from "./view.ts";

const CURIOUS_MINUTES = 5;
const NEWEST = 3;

export function nextOf(
  programmes: readonly ProgrammeView[],
  courses: readonly CourseView[],
  facts: Facts,
): View["next"] {
  const offer = (why: "due" | "begun" | "curious", course: CourseView | undefined): View["next"] =>
    course ? { why, course, stepKey: course.here?.stepKey ?? null } : null;

  const due: CourseView[] = programmes
    .flatMap(({ items }) => items)
    .filter((item) => item.kind === "course" && item.completedAt === null && item.waitsFor.length === 0)
    .sort(byDueDate)
    .flatMap((item) => courses.find(({ entry }) => entry.item_id === item.itemId) ?? []);
  const begun = courses
    .filter((course) => course.begun && course.completedAt === null && course.here)
    .sort((a, b) => lastTouched(b, facts).localeCompare(lastTouched(a, facts)));
  return offer("due", due.find(({ here }) => here) ?? due[0]) ?? offer("begun", begun[0]) ?? curious(courses);
}

/** Late ones come first by themselves; what has no date comes last, in the programme's own order. */
function byDueDate(a: ItemView, b: ItemView): number {
  return (a.dueOn ?? "9999").localeCompare(b.dueOn ?? "9999");
}

function lastTouched({ entry }: CourseView, facts: Facts): string {
  return facts.places.get(entry.item_id)?.kept_at ?? "";
}

function curious(courses: readonly CourseView[]): View["next"] {
  for (const course of courses) {
    if (course.completedAt !== null || !course.entry.is_open) continue;
    const short = course.steps.find((view) => !isDone(view) && view.step.minutes <= CURIOUS_MINUTES);
    if (short) return { why: "curious", course, stepKey: short.step.key };
  }
  return null;
}

/** Of what the person may take up: another programme's course is no news to them. */
export function newestOf(courses: readonly CourseView[]): CourseView[] {
  return courses
    .filter(({ offered, begun, completedAt }) => offered && !begun && completedAt === null)
    .sort((a, b) => b.entry.published_at.localeCompare(a.entry.published_at))
    .slice(0, NEWEST);
}

export function tourOf(departures: readonly DepartureView[]): DepartureView | null {
  const held = departures.filter(({ departure }) => !departure.is_cancelled);
  return held.find(({ when }) => when === "now") ?? held.find(({ when }) => when === "coming") ?? null;
}
