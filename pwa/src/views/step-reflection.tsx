// A private note. It belongs to the person; the words on the page say so.
import { useId, useRef } from "preact/hooks";
import { actions } from "../app-state.ts";
import { t } from "../texts/texts.ts";
import { useDraft } from "../ui/draft.ts";
import { Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Listen } from "../ui/listen.tsx";
import { MainButton } from "../ui/main-button.tsx";
import { useSaving } from "../ui/saving.ts";
import { Story } from "../ui/story.tsx";
import { StepFrame, type StepPlace } from "./step-frame.tsx";

export function ReflectionStep({ place }: { place: StepPlace }) {
  const { course, one, document } = place;
  const { step } = one;
  const courseId = course.entry.item_id;
  const text = useRef<HTMLDivElement>(null);
  const id = useId();
  const [note, setNote, dropDraft] = useDraft(`draft.note.${courseId}.${step.key}`, one.note ?? "");
  const { failed, busy, save } = useSaving();
  const recorded = step.audio && { medium: step.audio, source: course.source };
  const isChanged = note.trim() !== (one.note ?? "").trim();
  const keep = async () => {
    const saved = await save(async () => {
      if (isChanged) await actions.keepNote(courseId, step.key, note.trim());
      if (one.completedAt === null) await actions.completeStep(courseId, document.version, step.key);
    });
    if (!saved) return;
    dropDraft();
    place.goOn();
  };
  return (
    <StepFrame
      place={place}
      foot={
        <>
          {failed && <Wrong words={t("step.failed_save")} />}
          <MainButton content={step.key} onPress={keep} busy={busy}>
            {t(isChanged ? "step.note.keep" : place.isLast ? "step.finish" : "step.next_seen")}
          </MainButton>
        </>
      }
    >
      <Story
        html={step.html}
        language={document.language}
        into={text}
        glossary={document.glossary}
        tools={<Listen text={text} language={document.language} recorded={recorded} />}
      />
      <div class="field">
        <label for={id}>{t("step.note")}</label>
        <textarea
          class="input"
          id={id}
          rows={6}
          maxLength={4000}
          // Else the browser keeps the words in its own files of open tabs, where no wipe reaches.
          autocomplete="off"
          value={note}
          aria-describedby={`${id}-private`}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
        <p class="field-hint fact" id={`${id}-private`}>
          <Icon name="lock" size={18} />
          <span>{t("step.note.private")}</span>
        </p>
      </div>
    </StepFrame>
  );
}
