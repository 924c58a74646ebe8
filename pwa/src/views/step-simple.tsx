// Reading, film, sound and task: content, then one button that says it is done.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { actions } from "../app-state.ts";
import { t } from "../texts/texts.ts";
import { Wrong } from "../ui/field.tsx";
import { Film } from "../ui/film.tsx";
import { Listen } from "../ui/listen.tsx";
import { MainButton } from "../ui/main-button.tsx";
import { Picture } from "../ui/picture.tsx";
import { Player } from "../ui/player.tsx";
import { useSaving } from "../ui/saving.ts";
import { Story } from "../ui/story.tsx";
import { StepFrame, type StepPlace } from "./step-frame.tsx";

export function SimpleStep({ place }: { place: StepPlace }) {
  const { course, one } = place;
  const { step } = one;
  const { failed, busy, save } = useSaving();
  const isDone = one.completedAt !== null;
  const go = async () => {
    const saved =
      isDone || (await save(() => actions.completeStep(course.entry.item_id, place.document.version, step.key)));
    if (saved) place.goOn();
  };
  return (
    <StepFrame
      place={place}
      foot={
        <>
          {failed && <Wrong words={t("step.failed_save")} />}
          <MainButton content={step.key} onPress={go} busy={busy}>
            {buttonWords(place, isDone)}
          </MainButton>
        </>
      }
    >
      <StepContent place={place} />
      {step.kind === "task" && !isDone && !place.isLast && (
        <div>
          <button type="button" class="button button-plain" onClick={place.goOn}>
            {t("step.skip")}
          </button>
        </div>
      )}
    </StepFrame>
  );
}

function buttonWords(place: StepPlace, isDone: boolean): string {
  if (isDone) return place.isLast ? t("step.finish") : t("step.next_seen");
  if (place.one.step.kind === "task") return t("step.task.done");
  return place.isLast ? t("step.finish") : t("step.next");
}

function StepContent({ place }: { place: StepPlace }) {
  const text = useRef<HTMLDivElement>(null);
  const { step } = place.one;
  const { language, glossary } = place.document;
  const { source } = place.course;
  const startAt = place.course.here?.stepKey === step.key ? place.course.here.positionS : null;
  const keep = (seconds: number) => {
    void actions.keepPlace(place.course.entry.item_id, step.key, seconds).catch(() => {});
  };
  const story = (tools: ComponentChildren) => (
    <Story html={step.html} language={language} into={text} glossary={glossary} tools={tools} />
  );
  if (step.kind === "video" && step.film) {
    return (
      <>
        <Film film={step.film} source={source} title={step.title} startAt={startAt} onPosition={keep} />
        {step.html && (
          <details class="fold">
            <summary>{t("step.transcript")}</summary>
            {story(<Listen text={text} language={language} recorded={null} />)}
          </details>
        )}
      </>
    );
  }
  const isSound = step.kind === "audio" && step.audio !== null;
  return (
    <>
      {step.picture && (
        <Picture
          class="picture picture-rounded"
          src={step.picture.medium.url}
          alt={step.picture.alt}
          width={640}
          height={360}
        />
      )}
      {story(
        isSound && step.audio ? (
          <Player medium={step.audio} source={source} startAt={startAt} onPosition={keep} />
        ) : (
          <Listen text={text} language={language} recorded={step.audio && { medium: step.audio, source }} />
        ),
      )}
    </>
  );
}
