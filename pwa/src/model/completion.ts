// When a step and a course are done (DESIGN §8). The same rule stands in Python; tests/vectors/completion.json ties them.
export interface StepShape {
  key: string;
  kind: string;
  required: boolean;
  hash: string;
}
export interface VersionShape {
  version: number;
  steps: StepShape[];
}
export interface CompletionFact {
  step_key: string;
  version: number;
}
export interface AttemptFact extends CompletionFact {
  passed: boolean;
}

/** A fact counts for its own version, and for another one where the step's content hash is the same in both. */
function counts(fact: CompletionFact, step: StepShape, version: number, known: readonly VersionShape[]): boolean {
  if (fact.step_key !== step.key) return false;
  if (fact.version === version) return true;
  const then = known.find((other) => other.version === fact.version)?.steps.find(({ key }) => key === step.key);
  return then !== undefined && then.hash === step.hash;
}

export function isStepDone(
  step: StepShape,
  version: number,
  known: readonly VersionShape[],
  completions: readonly CompletionFact[],
  attempts: readonly AttemptFact[],
): boolean {
  const facts = step.kind === "quiz" ? attempts.filter(({ passed }) => passed) : completions;
  return facts.some((fact) => counts(fact, step, version, known));
}

/** Every required step is done. A version that requires nothing is never completed by itself. */
export function isVersionCompleted(shape: VersionShape, done: ReadonlySet<string>): boolean {
  const required = shape.steps.filter((step) => step.required);
  return required.length > 0 && required.every(({ key }) => done.has(key));
}
