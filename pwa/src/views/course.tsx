// A course as a line of steps.

import { useState } from "preact/hooks";
import { useRoute } from "preact-iso/router";
import { actions, view } from "../app-state.ts";
import { unpassed } from "../model/course.ts";
import type { CourseView, StepView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";
import { Download } from "../ui/download.tsx";
import { Wrong } from "../ui/field.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Line, ThinLine } from "../ui/line.tsx";
import { languageName } from "../ui/listen.tsx";
import { Picture } from "../ui/picture.tsx";
import { useSaving } from "../ui/saving.ts";
import { Screen } from "../ui/screen.tsx";
import { DeliveryStatus, Status } from "../ui/status.tsx";
import { bestFirst, dayDone, quizResult } from "./item-words.tsx";
import { Missing } from "./missing.tsx";

export const STEP_ICONS: Record<StepView["step"]["kind"], IconName> = {
  reading: "read",
  video: "film",
  audio: "listen",
  quiz: "quiz",
  task: "task",
  reflection: "pen",
};

export function Course() {
  const { params } = useRoute();
  const course = view.value.courses.find((one) => one.entry.slug === params.slug);
  if (!course) return <Missing />;
  const picture = course.document?.picture;
  const src = picture?.medium.url ?? course.entry.picture;
  return (
    <Screen
      title={course.title}
      back={{ href: paths.learn, name: t("tab.learn") }}
      below={<p class="lead quiet">{course.summary}</p>}
      above={
        src && <Picture class="picture picture-rounded" src={src} alt={picture?.alt ?? ""} width={640} height={360} />
      }
      foot={<MainAction course={course} />}
    >
      <Facts course={course} />
      <BestFirst course={course} />
      {course.fellBackTo && (
        <Banner icon="tongue">
          <p>{t("course.fell_back", { language: languageName(course.fellBackTo) })}</p>
        </Banner>
      )}
      {course.offered ? (
        <Download source={course.source} absentBody="download.absent.body" />
      ) : (
        <Banner icon="lock">
          <p>{t("course.not_yours")}</p>
        </Banner>
      )}
      {course.offered && course.steps.length > 0 && <Steps course={course} />}
      <Choosing course={course} key={course.entry.item_id} />
    </Screen>
  );
}

/** The same words as on Today's line. */
function BestFirst({ course }: { course: CourseView }) {
  if (course.completedAt) return null;
  for (const programme of view.value.programmes) {
    const item = programme.items.find((one) => one.itemId === course.entry.item_id && one.waitsFor.length > 0);
    if (item) return <p class="quiet">{bestFirst(item, programme)}</p>;
  }
  return null;
}

function Facts({ course }: { course: CourseView }) {
  const isDone = course.completedAt !== null;
  return (
    <div class="section">
      <p class="facts">
        <span class="fact">
          <Icon name="clock" size={20} />
          {t("minutes", { count: course.entry.minutes })}
        </span>
        {course.completedAt ? (
          <Status
            state={course.state === "saved" ? "saved" : "done"}
            words={
              course.state === "saved"
                ? t("state.saved.more")
                : t("course.passed_version", { day: dayDone(course.completedAt) })
            }
          />
        ) : (
          course.state !== "open" && course.state !== "now" && <Status state={course.state} />
        )}
        <DeliveryStatus delivery={course.delivery} />
      </p>
      {course.begun && !isDone && course.required > 0 && (
        <ThinLine
          done={course.done}
          of={course.required}
          words={t("steps.required", { done: course.done, of: course.required })}
        />
      )}
    </div>
  );
}

function Steps({ course }: { course: CourseView }) {
  const modules = course.document?.modules ?? [];
  return (
    <>
      {modules.map((module) => (
        <section class="section" key={module.key}>
          <h2>{module.title}</h2>
          <Line
            stops={course.steps
              .filter((one) => module.steps.some((step) => step.key === one.step.key))
              .map((one) => ({
                key: one.step.key,
                state: one.state,
                name: one.step.title,
                href: paths.step(course.entry.slug, one.step.key),
                more: <StepWords one={one} />,
              }))}
          />
        </section>
      ))}
    </>
  );
}

function StepWords({ one }: { one: StepView }) {
  const { step, state } = one;
  const result = unpassed(one);
  return (
    <>
      {state !== "open" && state !== "done" && <Status state={state} />}
      <span class="fact">
        <Icon name={STEP_ICONS[step.kind]} size={18} />
        {t(`kind.${step.kind}`)}
      </span>
      <span>{t("minutes.short", { count: step.minutes })}</span>
      {state === "done" && <span>{t("state.done")}</span>}
      {!step.required && <span>{t("course.optional")}</span>}
      {result && <span>{quizResult(result)}</span>}
      <DeliveryStatus delivery={one.delivery} />
    </>
  );
}

function MainAction({ course }: { course: CourseView }) {
  const first = course.steps[0]?.step.key;
  const stepKey = course.here?.stepKey ?? first;
  if (!stepKey || !course.offered) return null;
  const here = course.steps.find((one) => one.step.key === stepKey);
  const words = course.completedAt
    ? t("course.again")
    : course.begun
      ? t("course.continue", { step: here?.step.title ?? "" })
      : t("course.start");
  return (
    <a
      class={`button ${course.completedAt ? "button-second button-wide" : "button-main button-wide"}`}
      href={paths.step(course.entry.slug, course.completedAt && first ? first : stepKey)}
    >
      {words}
    </a>
  );
}

/** An open course may be chosen and left, offline too; leaving can be undone, and takes nothing away. */
function Choosing({ course }: { course: CourseView }) {
  const [just, setJust] = useState<"chosen" | "left" | null>(null);
  const { failed, busy, save } = useSaving();
  if (!course.entry.is_open || course.assigned) return null;
  const id = course.entry.item_id;
  const choose = async () => {
    if (await save(() => actions.chooseCourse(id))) setJust("chosen");
  };
  const leave = async () => {
    if (await save(() => actions.leaveCourse(id))) setJust("left");
  };
  return (
    <section class="section">
      {just && (
        <Banner tone="calm" icon="tick" spoken>
          <p>{t(just === "left" ? "course.left" : "course.chosen")}</p>
          <div>
            <button type="button" class="button button-plain" onClick={just === "left" ? choose : leave}>
              {t("undo")}
            </button>
          </div>
        </Banner>
      )}
      {failed && <Wrong words={t("step.failed_save")} />}
      {!just && (
        <div>
          <button
            type="button"
            class={course.chosen ? "button button-plain" : "button button-second"}
            disabled={busy}
            onClick={course.chosen ? leave : choose}
          >
            {t(course.chosen ? "course.leave" : "course.choose")}
          </button>
        </div>
      )}
    </section>
  );
}
