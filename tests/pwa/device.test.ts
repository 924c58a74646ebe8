import assert from "node:assert/strict";
import { test } from "node:test";
import { makePhone, step } from "./support/phone.ts";

test("an id that another person's phone has is given up for a new one, and the acts go up", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = [{ status: 409, code: "device_taken" }];
  await phone.engine.run();
  phone.time.pass(300_000);
  await phone.engine.run();
  const [before, after] = phone.server.requests.map(({ device_id }) => device_id);
  assert.notEqual(after, before);
  assert.equal((await phone.outbox()).length, 0);
});

test("a new id goes on with the same numbers, and those told under the old one are not missed", async () => {
  const phone = makePhone();
  for (const key of ["a", "b", "c"]) await phone.act(step(key));
  await phone.engine.run();
  const frozen = await phone.act(step("d"));
  phone.server.faults = [{ status: 409, code: "device_taken" }];
  await phone.engine.run();
  await phone.act(step("e"));
  await phone.engine.run(true);
  assert.deepEqual(phone.server.requests.at(-1)?.operations[0], frozen.op, "what was frozen goes as it was");
  assert.deepEqual(
    phone.server.requests.at(-1)?.operations.map(({ seq }) => seq),
    [4, 5],
  );
  assert.equal((await phone.view()).lost, 0);
});

test("a device is not registered with the session of somebody else, who has signed in in another tab", async () => {
  const phone = makePhone();
  const theirs = makePhone();
  await phone.act(step("a"));
  phone.server.fetch = theirs.server.fetch;
  const other = phone.again();
  await other.engine.run();
  assert.deepEqual(other.stopped, ["wrong_person"]);
  assert.equal(theirs.server.registrations, 0);
  assert.equal((await other.outbox()).length, 1);
});
