// What stops a phone for good must be said in the server's own words; everything else is tried again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makePhone, step } from "./support/phone.ts";

for (const [status, why] of [
  [409, "wrong_person"],
  [410, "erased"],
  [403, "disabled"],
] as const) {
  test(`${why} stops for good, and says so`, async () => {
    const phone = makePhone();
    await phone.act(step("a"));
    phone.server.faults = [{ status, code: why }];
    await phone.engine.run();
    assert.deepEqual(phone.stopped, [why]);
    await phone.engine.run();
    assert.equal(phone.server.requests.length, 1);
    assert.equal((await phone.outbox()).length, 1);
  });
}

for (const [status, code] of [
  [403, "cross_site"],
  [403, "not_allowed"],
  [410, "gone"],
] as const) {
  test(`${status} ${code} says nothing of the account: everything is kept, and told later`, async () => {
    const phone = makePhone();
    await phone.act(step("a"));
    phone.server.faults = [{ status, code }];
    await phone.engine.run();
    assert.deepEqual(phone.stopped, []);
    assert.equal(phone.engine.state, "waiting");
    await phone.engine.run();
    assert.equal(phone.server.effects.size, 1);
  });
}
