// One step: finds it, and the way on.
import { useEffect } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso/router";
import { actions, view } from "../app-state.ts";
import type { CourseView, StepView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { Download } from "../ui/download.tsx";
import { Screen } from "../ui/screen.tsx";
import { Missing } from "./missing.tsx";
import type { StepPlace } from "./step-frame.tsx";
import { QuizStep } from "./step-quiz.tsx";
import { ReflectionStep } from "./step-reflection.tsx";
import { SimpleStep } from "./step-simple.tsx";

export function Step() {
  const { params } = useRoute();
  const { route } = useLocation();
  const course = view.value.courses.find((one) => one.entry.slug === params.slug);
  const index = course?.steps.findIndex((one) => one.step.key === params.stepKey) ?? -1;
  const one = course?.steps[index];
  const itemId = course?.entry.item_id;
  const stepKey = one?.step.key;
  const isHere = course?.here?.stepKey === stepKey;

  useEffect(() => {
    // Only a step opened out of turn is worth a bookmark; the next one in order is found without.
    if (itemId && stepKey && course.offered && !isHere && one && !isDone(one))
      void actions.keepPlace(itemId, stepKey, null).catch(() => {});
  }, [itemId, stepKey]);

  if (!course?.offered) return <Missing />;
  if (!course.document || !one) return course.document ? <Missing /> : <NotHere course={course} />;
  const place: StepPlace = {
    course,
    document: course.document,
    one,
    number: index + 1,
    of: course.steps.length,
    isLast: index === course.steps.length - 1,
    goOn: () => route(wayOn(course, index)),
  };
  return <StepOfKind place={place} key={one.step.key} />;
}

function wayOn(course: CourseView, index: number): string {
  const next = course.steps[index + 1];
  if (next) return paths.step(course.entry.slug, next.step.key);
  const current = view.value.courses.find((one) => one.entry.item_id === course.entry.item_id) ?? course;
  const isThrough = current.completedAt !== null || current.steps.every((one, at) => at === index || isBehind(one));
  return isThrough ? paths.finished(course.entry.slug) : paths.course(course.entry.slug);
}

function isDone(one: StepView): boolean {
  return one.completedAt !== null || one.state === "done" || one.state === "saved";
}

function isBehind(one: StepView): boolean {
  return !one.step.required || isDone(one);
}

function StepOfKind({ place }: { place: StepPlace }) {
  const { kind } = place.one.step;
  switch (kind) {
    case "reading":
    case "video":
    case "audio":
    case "task":
      return <SimpleStep place={place} />;
    case "quiz":
      return <QuizStep place={place} />;
    case "reflection":
      return <ReflectionStep place={place} />;
    default:
      return kind satisfies never;
  }
}

function NotHere({ course }: { course: CourseView }) {
  return (
    <Screen title={course.title} back={{ href: paths.course(course.entry.slug) }} tabs={false}>
      <Download source={course.source} absentBody="download.absent.body" />
    </Screen>
  );
}
