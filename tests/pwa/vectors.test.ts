// The rules that the phone and the server share, each from the one file that both sides read.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { isAttended } from "../../pwa/src/model/attendance.ts";
import {
  type AttemptFact,
  type CompletionFact,
  isStepDone,
  isVersionCompleted,
  type VersionShape,
} from "../../pwa/src/model/completion.ts";
import { hoursOf } from "../../pwa/src/model/hours.ts";
import { scoreQuiz } from "../../pwa/src/model/quiz.ts";
import { readCode } from "../../pwa/src/model/typed-code.ts";
import type { CheckIn, Question } from "../../pwa/src/protocol.gen.ts";
import { CHUNK, chunkBytes, chunkCount } from "../../pwa/src/storage/media.ts";

interface Vector<G, T> {
  name: string;
  given: G;
  then: T;
}
function each<G, T>(file: string, check: (given: G) => T): void {
  const vectors = JSON.parse(readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), "utf8"));
  suite(file, () => {
    for (const { name, given, then } of vectors as Vector<G, T>[]) {
      test(name, () => assert.deepEqual(check(given), then));
    }
  });
}

each<{ typed: string }, { code: string | null }>("typed_code", ({ typed }) => ({ code: readCode(typed) }));

each<{ pass_share: number; questions: Question[]; answers: Record<string, string[]> }, object | null>(
  "quiz",
  ({ pass_share, questions, answers }) => {
    const score = scoreQuiz({ mode: "practice", pass_share, questions }, answers);
    return (
      score && { right: score.right, questions: score.questions, passed: score.passed, right_keys: score.rightKeys }
    );
  },
);

each<{ stops: number; check_ins: Pick<CheckIn, "stop_key" | "confidence">[] }, { attended: boolean }>(
  "attendance",
  ({ stops, check_ins }) => ({ attended: isAttended({ stops }, check_ins) }),
);

each<{ starts_at: string; ends_at: string; at: string }, { hours: string }>("hours", ({ at, ...times }) => ({
  hours: hoursOf(times, Date.parse(at)),
}));

each<{ versions: VersionShape[]; completions: CompletionFact[]; attempts: AttemptFact[] }, object>(
  "completion",
  ({ versions, completions, attempts }) => {
    const done = new Map(
      versions.map(({ version, steps }) => [
        version,
        steps.filter((step) => isStepDone(step, version, versions, completions, attempts)).map(({ key }) => key),
      ]),
    );
    const complete = versions.filter((shape) => isVersionCompleted(shape, new Set(done.get(shape.version))));
    return { done: Object.fromEntries(done), completed_versions: complete.map(({ version }) => version) };
  },
);

each<{ bytes: number }, { hash: string; chunks: string[] | null }>("chunks", ({ bytes }) => {
  const content = Uint8Array.from({ length: bytes }, (_, n) => n % 251);
  const sha = (part: Uint8Array) => createHash("sha256").update(part).digest("hex");
  const pieces = Array.from({ length: chunkCount(bytes) }, (_, index) => {
    const from = index * CHUNK;
    return sha(content.subarray(from, from + chunkBytes(bytes, index)));
  });
  return { hash: sha(content), chunks: pieces.length > 1 ? pieces : null };
});
