// A quiz, one question at a time. Practice: the answer is judged at once, with feedback. Exam: kept, and sent.
import { useRef, useState } from "preact/hooks";
import { actions, type QuizDraft, type QuizResult } from "../app-state.ts";
import type { Quiz } from "../protocol.gen.ts";
import { t } from "../texts/texts.ts";
import { useDraft } from "../ui/draft.ts";
import { Wrong } from "../ui/field.tsx";
import { MainButton } from "../ui/main-button.tsx";
import { useSaving } from "../ui/saving.ts";
import { Story } from "../ui/story.tsx";
import { QuizOutcome } from "./quiz-outcome.tsx";
import { QuestionForm } from "./quiz-question.tsx";
import { StepFrame, type StepPlace } from "./step-frame.tsx";

const BEGIN: QuizDraft = { index: 0, answers: {}, judged: false };

export function QuizStep({ place }: { place: StepPlace }) {
  const { quiz } = place.one.step;
  // An exam that has been answered and not been sent yet is not asked again: its result is on the way.
  const isOnItsWay = quiz?.mode === "exam" && place.one.delivery === "waiting";
  const isExamTaken = quiz?.mode === "exam" && place.one.attempt !== null;
  const [showsResult, setShowsResult] = useState(isOnItsWay || isExamTaken || place.one.attempt?.passed === true);
  const [result, setResult] = useState<QuizResult>(null);
  if (!quiz) return null;
  if (showsResult) {
    return (
      <QuizOutcome
        place={place}
        quiz={quiz}
        result={result}
        isOnItsWay={isOnItsWay}
        onAgain={() => {
          setShowsResult(false);
          setResult(null);
        }}
      />
    );
  }
  return (
    <Questions
      place={place}
      quiz={quiz}
      onResult={(got) => {
        setResult(got);
        setShowsResult(true);
      }}
    />
  );
}

interface QuestionsProps {
  place: StepPlace;
  quiz: Quiz;
  onResult: (result: QuizResult) => void;
}

function Questions({ place, quiz, onResult }: QuestionsProps) {
  const { course, document, one } = place;
  const { step } = one;
  const intro = useRef<HTMLDivElement>(null);
  const [draft, setDraft, dropDraft] = useDraft(`draft.quiz.${course.entry.item_id}.${step.key}`, BEGIN);
  const [mute, setMute] = useState(false);
  const { failed, busy, save } = useSaving();
  const index = Math.min(draft.index, quiz.questions.length - 1);
  const question = quiz.questions[index];
  if (!question) return null;
  const chosen = draft.answers[question.key] ?? [];
  const isLast = index === quiz.questions.length - 1;
  const isPractice = quiz.mode === "practice";

  const finish = async () => {
    let got: QuizResult = null;
    const saved = await save(async () => {
      got = await actions.attemptQuiz(document, step.key, draft.answers);
    });
    if (!saved) return;
    dropDraft();
    onResult(got);
  };
  const press = () => {
    if (chosen.length === 0) return setMute(true);
    setMute(false);
    if (isPractice && !draft.judged) setDraft({ ...draft, index, judged: true });
    else if (isLast) void finish();
    else setDraft({ ...draft, index: index + 1, judged: false });
  };
  return (
    <StepFrame
      place={place}
      foot={
        <>
          {failed && <Wrong words={t("step.failed_save")} />}
          {mute && chosen.length === 0 && <Wrong words={t("quiz.choose_first")} />}
          <MainButton content={`${index} ${draft.judged}`} onPress={press} busy={busy}>
            {t(isPractice && !draft.judged ? "quiz.check" : isLast ? "quiz.result" : "quiz.next")}
          </MainButton>
        </>
      }
    >
      {index === 0 && step.html && <Story html={step.html} language={document.language} into={intro} />}
      {index === 0 && one.attempt && (
        <p class="label">{t("quiz.best", { right: one.attempt.right, of: one.attempt.questions })}</p>
      )}
      <QuestionForm
        key={question.key}
        question={question}
        language={document.language}
        position={t("quiz.question", { done: index + 1, of: quiz.questions.length })}
        chosen={chosen}
        judged={isPractice && draft.judged}
        onChoose={(keys) => setDraft({ ...draft, index, answers: { ...draft.answers, [question.key]: keys } })}
      />
    </StepFrame>
  );
}
