import type { QuizResult } from "../app-state.ts";
import type { Quiz } from "../protocol.gen.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";
import { Icon } from "../ui/icon.tsx";
import { MainButton } from "../ui/main-button.tsx";
import { Screen } from "../ui/screen.tsx";
import { StepLine, type StepPlace } from "./step-frame.tsx";

interface OutcomeProps {
  place: StepPlace;
  quiz: Quiz;
  /** null: an exam, or a result from an earlier visit */
  result: QuizResult;
  /** an exam's answers that wait on the phone: what an earlier try came to is no news */
  isOnItsWay: boolean;
  onAgain: () => void;
}

export function QuizOutcome({ place, quiz, result, isOnItsWay, onAgain }: OutcomeProps) {
  const { course, one } = place;
  const shown = isOnItsWay ? null : (result ?? one.attempt);
  const passed = shown?.passed === true;
  const foot =
    passed || !shown ? (
      <MainButton content="on" onPress={place.goOn}>
        {t(place.isLast ? "step.finish" : "step.next_seen")}
      </MainButton>
    ) : (
      <MainButton content="again" onPress={onAgain}>
        {t("quiz.again")}
      </MainButton>
    );
  return (
    <Screen
      title={one.step.title}
      back={{ href: paths.course(course.entry.slug), name: t("back.course") }}
      tabs={false}
      above={<StepLine place={place} />}
      foot={foot}
    >
      {shown ? <Score right={shown.right} of={shown.questions} passed={passed} quiz={quiz} /> : <ExamSaved />}
      {passed && (
        <div>
          <button type="button" class="button button-plain" onClick={onAgain}>
            {t("quiz.again")}
          </button>
        </div>
      )}
    </Screen>
  );
}

function Score({ right, of, passed, quiz }: { right: number; of: number; passed: boolean; quiz: Quiz }) {
  return (
    <section class="outcome" role="status">
      <div class={`outcome-sign ${passed ? "verdict-right" : "verdict-soon"}`}>
        <Icon name={passed ? "tick" : "fresh"} size={32} />
        {t(passed ? "quiz.passed" : "quiz.not_passed")}
      </div>
      <div class="score">{t("quiz.score", { right, of })}</div>
      {!passed && <p>{t("quiz.needed", { count: Math.ceil(quiz.pass_share * of) })}</p>}
    </section>
  );
}

function ExamSaved() {
  return (
    <Banner icon="phone" spoken>
      <p>{t("quiz.exam_saved")}</p>
    </Banner>
  );
}
