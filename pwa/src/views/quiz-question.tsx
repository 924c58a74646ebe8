import { useEffect, useRef } from "preact/hooks";
import type { Choice, Question } from "../protocol.gen.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "../ui/icon.tsx";
import { Listen } from "../ui/listen.tsx";
import { localVoice } from "../ui/speech.ts";

interface QuestionProps {
  question: Question;
  language: string;
  position: string;
  chosen: string[];
  /** the answer has been given: right and wrong are shown, and nothing can be changed */
  judged: boolean;
  onChoose: (keys: string[]) => void;
}

export function QuestionForm({ question, language, position, chosen, judged, onChoose }: QuestionProps) {
  const whole = useRef<HTMLFieldSetElement>(null);
  const start = useRef<HTMLLegendElement>(null);
  const isFirst = useRef(position.includes(" 1 "));
  useEffect(() => {
    // A new question is a new page to a screen reader; the first one follows the heading by itself.
    if (!isFirst.current) start.current?.focus({ preventScroll: true });
    if (!isFirst.current) scrollTo({ top: 0 });
  }, []);
  const toggle = (key: string, isOn: boolean) => {
    if (question.kind !== "several") return onChoose([key]);
    onChoose(isOn ? [...chosen, key] : chosen.filter((one) => one !== key));
  };
  return (
    <fieldset class="section question" lang={language} ref={whole}>
      <legend class="question-text" tabIndex={-1} ref={start}>
        <span class="label" lang={document.documentElement.lang}>
          {position}
        </span>
        <span>{question.text}</span>
        <span class="label" lang={document.documentElement.lang}>
          {t(`quiz.${question.kind}`)}
        </span>
      </legend>
      {localVoice(language) && <Listen text={whole} language={language} recorded={null} />}
      <div class="choices">
        {question.choices.map((choice) => (
          <ChoiceRow
            key={choice.key}
            question={question}
            choice={choice}
            isChosen={chosen.includes(choice.key)}
            judged={judged}
            onToggle={(isOn) => toggle(choice.key, isOn)}
          />
        ))}
      </div>
      {judged && <Verdict question={question} chosen={chosen} />}
    </fieldset>
  );
}

interface ChoiceProps {
  question: Question;
  choice: Choice;
  isChosen: boolean;
  judged: boolean;
  onToggle: (isOn: boolean) => void;
}

function ChoiceRow({ question, choice, isChosen, judged, onToggle }: ChoiceProps) {
  const isRight = choice.right === true;
  const tone = !judged ? "" : isRight ? " choice-right" : isChosen ? " choice-wrong" : "";
  return (
    <label class={`choice${tone}`}>
      <input
        class="tick"
        type={question.kind === "several" ? "checkbox" : "radio"}
        name={question.key}
        checked={isChosen}
        disabled={judged}
        onChange={(event) => onToggle(event.currentTarget.checked)}
      />
      <span>
        {words(question, choice)}
        {judged && (isRight || isChosen) && (
          <span class={`verdict choice-tail ${isRight ? "verdict-right" : "verdict-wrong"}`}>
            <Icon name={isRight ? "tick" : "cross"} size={20} />
            {t(isRight ? "quiz.is_right" : "quiz.your_answer")}
          </span>
        )}
        {judged && (isRight || isChosen) && choice.feedback && <span class="choice-tail">{choice.feedback}</span>}
      </span>
    </label>
  );
}

function words(question: Question, choice: Choice): string {
  if (question.kind !== "truth" || choice.text) return choice.text;
  return t(choice.key === "true" ? "quiz.true" : "quiz.false");
}

/** Said aloud at once. Why is written where it belongs: at the right answers, and at the one that was chosen. */
function Verdict({ question, chosen }: { question: Question; chosen: string[] }) {
  const right = question.choices.filter((choice) => choice.right === true).map((choice) => choice.key);
  const isRight = right.length === chosen.length && chosen.every((key) => right.includes(key));
  return (
    <div class={`banner ${isRight ? "banner-done" : "banner-soon"}`} role="status">
      <Icon name={isRight ? "tick" : "read"} />
      <div>
        <p class="strong">{t(isRight ? "quiz.right" : "quiz.wrong")}</p>
      </div>
    </div>
  );
}
