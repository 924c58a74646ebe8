import assert from "node:assert/strict";
import { test } from "node:test";
import { keepJump } from "../../pwa/src/storage/heard.ts";
import { createClock } from "../../pwa/src/sync/clock.ts";
import { backoffMs, retryAfterMs } from "../../pwa/src/sync/waits.ts";
import { makePhone, step } from "./support/phone.ts";

function makeClock() {
  const at = { wall: Date.parse("2026-11-23T08:00:00.000Z"), monotonic: 0 };
  const clock = createClock(
    () => at.wall,
    () => at.monotonic,
  );
  const pass = (ms: number) => {
    at.wall += ms;
    at.monotonic += ms;
  };
  return { at, clock, pass };
}

test("an act carries the phone's own time, verbatim, and the last server time heard", () => {
  const { clock, pass } = makeClock();
  pass(5_000);
  const heard = { server_time: "2026-11-23T07:59:00.000Z", wall_ms: 0, jumped: false };
  assert.deepEqual(clock.stamp(heard), {
    occurred_at: "2026-11-23T08:00:05.000Z",
    heard_server_at: "2026-11-23T07:59:00.000Z",
    clock_jumped: false,
  });
});

test("a clock that is set while the page is open has jumped, until the server is heard again", () => {
  const { at, clock, pass } = makeClock();
  at.wall += 3_600_000;
  assert.equal(clock.stamp(null).clock_jumped, true);
  pass(60_000);
  at.wall -= 3_600_000;
  assert.equal(clock.stamp(null).clock_jumped, true, "set back again, it has still jumped since");
  clock.heard();
  assert.equal(clock.stamp(null).clock_jumped, false);
});

test("a phone that slept has not jumped; one whose clock was turned back meanwhile has", () => {
  const slept = makeClock();
  slept.at.wall += 3_600_000;
  slept.clock.resumed();
  assert.equal(slept.clock.stamp(null).clock_jumped, false);
  const turned = makeClock();
  turned.at.wall -= 3_600_000;
  turned.clock.resumed();
  assert.equal(turned.clock.stamp(null).clock_jumped, true);
});

test("a clock turned back across a restart is seen by what was heard before", () => {
  const { at, clock } = makeClock();
  const heard = { server_time: "2026-11-23T08:00:00.000Z", wall_ms: at.wall + 3_600_000, jumped: false };
  assert.equal(clock.stamp(heard).clock_jumped, true);
});

test("a clock that jumped before the app was killed has still jumped after it is opened again, until the server is heard", async () => {
  const phone = makePhone();
  await phone.engine.run();
  phone.time.now += 3_600_000;
  await phone.act(step("a"));
  const again = phone.restarted();
  assert.equal((await again.act(step("b"))).op.clock_jumped, true);
  await again.engine.run();
  assert.equal((await again.act(step("c"))).op.clock_jumped, false);
});

test("a jump that nobody acted after is kept when the page is hidden", async () => {
  const phone = makePhone();
  await phone.engine.run();
  assert.equal(phone.clock.hasJumped(), false);
  phone.time.now += 3_600_000;
  assert.equal(phone.clock.hasJumped(), true);
  await keepJump(phone.store);
  assert.equal((await phone.restarted().act(step("a"))).op.clock_jumped, true);
});

test("a jump seen before the page was hidden is not forgotten while it sleeps", () => {
  const { at, clock } = makeClock();
  at.wall += 3_600_000;
  clock.hasJumped();
  clock.resumed();
  assert.equal(clock.stamp(null).clock_jumped, true);
});

test("waits grow to five minutes and no further, and a Retry-After is at least what was asked", () => {
  assert.ok(backoffMs(0, () => 1) <= 1_500);
  assert.equal(
    backoffMs(50, () => 1),
    300_500,
  );
  assert.equal(
    retryAfterMs(10, () => 0),
    10_000,
  );
  assert.equal(
    retryAfterMs(10, () => 1),
    15_000,
  );
});

test("how far the server's clock is ahead is known from when it was heard, until the phone's own has jumped", async () => {
  const phone = makePhone();
  assert.equal((await phone.view()).skewMs, 0, "nobody knows yet");
  phone.server.now = phone.time.now + 86_400_000;
  await phone.engine.run();
  const { skewMs } = await phone.view();
  assert.ok(Math.abs(skewMs - 86_400_000) < 60_000, `${skewMs} ms`);
  await keepJump(phone.store);
  assert.equal((await phone.view()).skewMs, 0);
});
