// When an act leaves the screen's overlay, and when the ring forgets it: what the simulator has found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makePhone, type Phone, step } from "./support/phone.ts";

const count = ({ store }: Phone, name: "outbox" | "acknowledged") => store.withDatabase((db) => db.count(name));

test("an act whose row was touched again does not vanish from the screen between two pages", async () => {
  const phone = makePhone();
  await phone.engine.run();
  await phone.act(step("a"));
  const { stream } = phone.server;
  // Its number is passed, and its row lies on the next page.
  phone.server.faults = [
    (answer) => ({ ...answer, changes: [], reached: { [stream]: 1 }, more: true }),
    { status: 503 },
  ];
  await phone.engine.run();
  assert.deepEqual([await count(phone, "outbox"), await count(phone, "acknowledged")], [1, 0]);
  await phone.engine.run(true);
  assert.deepEqual([await count(phone, "outbox"), await count(phone, "acknowledged")], [0, 1]);
});

test("what was known already stays on the screen until the page that knows it", async () => {
  const phone = makePhone();
  const { op } = await phone.act(step("a"));
  phone.server.verdicts.set(op.op_id, { status: "merged", at: null });
  phone.server.faults = [(answer) => ({ ...answer, more: true }), { status: 503 }];
  await phone.engine.run();
  assert.equal(await count(phone, "outbox"), 1);
});

test("a clock that jumps to another year does not empty the ring: a restored server still hears everything", async () => {
  const phone = makePhone();
  const { op } = await phone.act(step("a"));
  await phone.engine.run();
  phone.time.pass(70 * 365 * 86_400_000);
  await phone.engine.run();
  phone.server.restore("epoch-2");
  await phone.engine.run();
  assert.equal(phone.server.effects.get(op.op_id), 1);
});
