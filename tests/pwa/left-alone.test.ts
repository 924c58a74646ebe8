import assert from "node:assert/strict";
import { test } from "node:test";
import { startTriggers } from "../../pwa/src/sync/triggers.ts";
import { retryAfterMs } from "../../pwa/src/sync/waits.ts";
import { makePhone, type Phone, step, unseen } from "./support/phone.ts";

/** An act waits, and the server has asked to be left alone for ten minutes (a quarter more here, at random). */
async function busyPhone(): Promise<Phone> {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = [{ status: 503, retryAfter: 600 }];
  await phone.engine.run();
  return phone;
}
const asked = ({ server }: Phone) => server.requests.length;
/** Long enough for anything that was begun to come to its request. */
const settled = async ({ store }: Phone) => {
  for (let n = 0; n < 10; n++) await store.withDatabase((db) => db.count("meta"));
};

test("a busy server is left alone for as long as it asked, and up to half as long again", async () => {
  const phone = await busyPhone();
  assert.equal(phone.time.pass(749_999), 0);
  assert.equal(phone.time.pass(1), 1);
  await phone.engine.run();
  assert.equal((await phone.outbox()).length, 0);
});

test("no act, no look at the phone and no network that comes back asks a busy server before its time", async () => {
  const phone = await busyPhone();
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const window = new EventTarget();
  const { time, engine } = phone;
  const ports = { window, document: page, random: () => 0.5, setTimer: time.setTimer };
  const triggers = startTriggers({ engine, ...ports, ...unseen });
  await phone.act(step("b"));
  triggers.acted();
  page.dispatchEvent(new Event("visibilitychange"));
  window.dispatchEvent(new Event("online"));
  time.pass(60_000);
  await settled(phone);
  assert.equal(asked(phone), 1);
  assert.equal(engine.state, "waiting");
  triggers.now();
  await settled(phone);
  assert.equal(asked(phone), 2, "a person's tap does not wait");
  assert.equal((await phone.outbox()).length, 0);
  triggers.stop();
});

test("an app that was started again, and its worker, leave a busy server alone as well", async () => {
  const phone = await busyPhone();
  const again = phone.again();
  assert.equal(await again.engine.run(), false);
  assert.equal(asked(phone), 1);
  assert.equal(again.engine.state, "waiting");
});

test("once the server has answered, nothing waits for it any more", async () => {
  const phone = await busyPhone();
  await phone.engine.run(true);
  await phone.engine.run();
  await phone.again().engine.run();
  assert.equal(asked(phone), 4);
});

test("a phone whose clock was set back does not wait for a day", async () => {
  const phone = await busyPhone();
  phone.time.now -= 86_400_000;
  await phone.engine.run();
  assert.equal(asked(phone), 2);
});

test("a portal that asks for three weeks gets an hour, and one that asks for less than nothing no hot loop", () => {
  assert.equal(
    retryAfterMs(2_000_000, () => 1),
    5_400_000,
  );
  assert.equal(
    retryAfterMs(-5, () => 0),
    1_000,
  );
});
