// What a screen says of a sign-in that was refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { signInAnswerOf } from "../../pwa/src/actions/signing.ts";
import type { Refused } from "../../pwa/src/sync/transport.ts";

const refused = (why: Refused["why"], code: string | null, retryAfterS: number | null): Refused => ({
  ok: false,
  why,
  code,
  retryAfterS,
});

test("who tried too often is told how long to wait", () => {
  const answer = signInAnswerOf(refused("busy", "too_many_tries", 300));
  assert.deepEqual(answer, { ok: false, why: "throttled", retryAfterS: 300 });
});

test("a server in a crowd, or without room, is not what somebody did", () => {
  for (const code of ["busy", "storage_full", null]) {
    assert.deepEqual(signInAnswerOf(refused("busy", code, 15)), { ok: false, why: "server" });
  }
});
