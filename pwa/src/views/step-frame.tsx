// The frame of every kind of step: the thin line, the heading, what it is and how long, the content, one button.
import type { ComponentChildren } from "preact";
import type { CourseView, StepView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "../ui/icon.tsx";
import { ThinLine } from "../ui/line.tsx";
import { Screen } from "../ui/screen.tsx";
import { Status } from "../ui/status.tsx";
import { STEP_ICONS } from "./course.tsx";

/** Where a step stands in its course, and what every kind of step needs to go on. */
export interface StepPlace {
  course: CourseView;
  document: NonNullable<CourseView["document"]>;
  one: StepView;
  number: number;
  of: number;
  /** to the next step, to the finish where this was the last, or back to the course */
  goOn: () => void;
  isLast: boolean;
}
interface StepFrameProps {
  place: StepPlace;
  foot: ComponentChildren;
  children: ComponentChildren;
}

export function StepFrame({ place, foot, children }: StepFrameProps) {
  return (
    <Screen
      title={place.one.step.title}
      back={{ href: paths.course(place.course.entry.slug), name: t("back.course") }}
      tabs={false}
      above={<StepLine place={place} />}
      below={<StepFacts place={place} />}
      foot={foot}
    >
      {children}
    </Screen>
  );
}

export function StepLine({ place }: { place: StepPlace }) {
  return <ThinLine done={place.number} of={place.of} words={t("steps.of", { done: place.number, of: place.of })} />;
}

function StepFacts({ place }: { place: StepPlace }) {
  const { step, state } = place.one;
  return (
    <p class="label facts">
      <span class="fact">
        <Icon name={STEP_ICONS[step.kind]} size={18} />
        {t(`kind.${step.kind}`)} · {t("minutes.short", { count: step.minutes })}
      </span>
      {(state === "done" || state === "saved") && <Status state={state} />}
    </p>
  );
}
