// Scoring of a practice quiz; the server scores the same answers again. tests/vectors/quiz.json ties the two.
import type { Attempt, Quiz } from "../protocol.gen.ts";

export interface Score {
  right: number;
  questions: number;
  passed: boolean;
  /** the questions that were answered right */
  rightKeys: string[];
}

/** Null of an exam: its key never leaves the server. */
export function scoreQuiz(
  quiz: Pick<Quiz, "mode" | "pass_share"> & {
    questions: readonly { key: string; choices: readonly { key: string; right: boolean | null }[] }[];
  },
  answers: Record<string, readonly string[]>,
): Score | null {
  if (quiz.mode === "exam") return null;
  const rightKeys = quiz.questions
    .filter(({ key, choices }) => {
      const chosen = new Set(answers[key] ?? []);
      const right = choices.filter((choice) => choice.right).map((choice) => choice.key);
      return chosen.size === right.length && right.every((one) => chosen.has(one));
    })
    .map(({ key }) => key);
  const questions = quiz.questions.length;
  // Compared as a product: 3/4 ≥ 0.75 must not fall to rounding in one language and stand in the other.
  const passed = questions > 0 && rightKeys.length >= quiz.pass_share * questions - 1e-9;
  return { right: rightKeys.length, questions, passed, rightKeys };
}

/** The attempt that the quiz's rule shows: the best (the earliest of equals) or the latest. */
export function shownAttempt<T extends Pick<Attempt, "right" | "questions" | "attempted_at">>(
  attempts: readonly T[],
  rule: Quiz["counts"],
): T | null {
  const byTime = [...attempts].sort((a, b) => a.attempted_at.localeCompare(b.attempted_at));
  switch (rule) {
    case "latest":
      return byTime.at(-1) ?? null;
    case "best":
      return byTime.reduce<T | null>((best, one) => (best === null || share(one) > share(best) ? one : best), null);
    default:
      return rule satisfies never;
  }
}

function share({ right, questions }: Pick<Attempt, "right" | "questions">): number {
  return questions === 0 ? 0 : right / questions;
}
