// The second line of a stop of a programme: where it stands, in words.

import { view } from "../app-state.ts";
import type { CourseView, ItemView, ProgrammeView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, list, t } from "../texts/texts.ts";
import { dateOf, dayName, due } from "../texts/times.ts";
import { DeliveryStatus, Status } from "../ui/status.tsx";

export function itemHref(item: ItemView): string | null {
  if (item.kind === "course") return item.slug ? paths.course(item.slug) : null;
  const mine = view.value.departures.filter((one) => one.departure.activity_id === item.itemId);
  const departure = mine.find((one) => one.when !== "past") ?? mine[0];
  return departure ? paths.departure(departure.departure.departure_id) : paths.site;
}

export function dayDone(completedAt: string): string {
  return dayName(dateOf(new Date(completedAt)), view.value.today, language.value);
}

export function ItemWords({ item, programme }: { item: ItemView; programme: ProgrammeView }) {
  const dueWords = item.dueOn && due(item.dueOn, view.value.today, language.value);
  const progress = item.progress && item.progress.done > 0 && <span>{t("steps.done", item.progress)}</span>;
  return (
    <>
      <ItemState item={item} dueWords={dueWords} />
      {item.completedAt === null && item.waitsFor.length > 0 && <span>{bestFirst(item, programme)}</span>}
      {item.state !== "done" && item.state !== "saved" && progress}
      {item.unpassed && <span>{quizResult(item.unpassed)}</span>}
      <DeliveryStatus delivery={item.delivery} />
    </>
  );
}

function ItemState({ item, dueWords }: { item: ItemView; dueWords: string | null }) {
  switch (item.state) {
    case "done":
      return <span>{item.completedAt ? t("state.done_on", { day: dayDone(item.completedAt) }) : t("state.done")}</span>;
    case "saved":
      return <Status state="saved" words={t("state.saved.more")} />;
    case "late":
      return (
        <>
          <Status state="late" />
          <span>{dueWords}</span>
        </>
      );
    case "soon":
      return <Status state="soon" words={dueWords ?? t("state.soon")} />;
    case "now":
      return (
        <>
          <Status state="now" />
          {dueWords && <span>{dueWords}</span>}
        </>
      );
    case "open":
      return (
        <>
          <span>{t("minutes.short", { count: item.minutes })}</span>
          {dueWords && <span>{dueWords}</span>}
        </>
      );
    default:
      return item.state satisfies never;
  }
}

/** "Inte godkänt än · 3 av 6 rätt" */
export function quizResult({
  right,
  questions,
  passed,
}: {
  right: number;
  questions: number;
  passed: boolean;
}): string {
  return `${t(passed ? "quiz.passed" : "quiz.not_passed")} · ${t("quiz.score", { right, of: questions })}`;
}

/** "Vi rekommenderar Välkommen först": an order to learn in, not a lock. */
export function bestFirst(item: ItemView, programme: ProgrammeView): string {
  const names = programme.items.filter((one) => item.waitsFor.includes(one.key)).map((one) => one.title);
  return t("after.items", { names: list(names) });
}

/** "20 min · 3 av 8 klara" of a course in a list. */
export function courseFacts(course: CourseView): string {
  const facts = [t("minutes.short", { count: course.entry.minutes })];
  if (course.begun && course.required > 0 && !course.completedAt) {
    facts.push(t("steps.done", { done: course.done, of: course.required }));
  }
  return facts.join(" · ");
}
