import assert from "node:assert/strict";
import { test } from "node:test";
import { labelOf } from "../../pwa/src/sync/registering.ts";
import { flushAll } from "../../service_worker/flushing.ts";
import { makePhone, type Phone, step } from "./support/phone.ts";

type Context = { mock: { method: typeof import("node:test").mock.method } };

/** Acts of two persons wait on one phone; the cookie is the second one's. */
async function sharedPhone(t: Context): Promise<{ before: Phone; after: Phone }> {
  const [before, after] = [makePhone(), makePhone()];
  await before.act(step("a"));
  await after.act(step("b"));
  t.mock.method(globalThis, "fetch", (url: string, init: RequestInit) => after.server.fetch(url, init));
  return { before, after };
}

test("the worker registers nobody's phone, and sends nobody's acts, with someone else's session", async (t) => {
  const { before, after } = await sharedPhone(t);
  await flushAll("test");
  assert.equal(after.server.registrations, 1);
  assert.ok(after.server.requests.every(({ person_id }) => person_id === after.personId));
  assert.equal((await after.outbox()).length, 0);
  assert.equal((await before.outbox()).length, 1);
});

test("the worker names the phone as its page would", async (t) => {
  const pixel =
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36";
  t.mock.method(globalThis.navigator, "userAgent", () => pixel, { getter: true });
  const { after } = await sharedPhone(t);
  await flushAll("test");
  assert.deepEqual(after.server.labels, ["Android Chrome"]);
});

test("a phone is named by what it is, not by what it also calls itself", () => {
  const edge =
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0";
  const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1";
  assert.deepEqual([edge, iphone, ""].map(labelOf), ["Windows Edg", "iPhone Safari", ""]);
});

test("who signs in again afterwards tells it all, from the same device, and nothing is missed", async (t) => {
  const { before } = await sharedPhone(t);
  await flushAll("test");
  t.mock.method(globalThis, "fetch", (url: string, init: RequestInit) => before.server.fetch(url, init));
  const device = await before.store.withDatabase((db) => db.get("meta", "device_id"));
  await flushAll("test");
  assert.equal(before.server.requests.at(-1)?.device_id, device?.value);
  assert.equal((await before.outbox()).length, 0);
  assert.equal((await before.view()).lost, 0);
});

test("the worker asks to be woken again while acts wait, and not where nobody is signed in", async (t) => {
  const { after } = await sharedPhone(t);
  after.server.faults = ["request_lost"];
  await assert.rejects(flushAll("test"), /still wait/);
  after.server.faults = [{ status: 401, code: "sign_in_needed" }];
  await flushAll("test");
  assert.equal((await after.outbox()).length, 1);
});
