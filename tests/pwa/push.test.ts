import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64Url, pushDoor, toBase64Url } from "../../pwa/src/push/door.ts";
import { leavePush } from "../../pwa/src/push/leaving.ts";
import { changePush, mend, readPush } from "../../pwa/src/push/mending.ts";
import { makePhone } from "./support/phone.ts";
import { FakeBadge, FakeRegistration, FakeSubscriptions, keyOf } from "./support/push.ts";

async function subscribed(answer: "yes" | "no" | null = "yes") {
  const phone = makePhone();
  const registration = new FakeRegistration();
  const server = new FakeSubscriptions();
  const { push } = registration;
  if (answer) await changePush(phone.store, { answer });
  const door = pushDoor(registration.pushSide, () => push.permission);
  const again = (wanted = true) =>
    mend({ store: phone.store, transport: server.transport, door, now: () => phone.time.now, wanted });
  const endpoints = () => [...server.told.values()].map(({ endpoint }) => endpoint);
  return { phone, registration, push, server, door, again, endpoints };
}
const HOLDS = ["GET /api/push/key", "GET /api/devices?this=…"];
const TOLD = ["GET /api/push/key", "POST /api/push/subscriptions"];

test("who said yes is subscribed with the server's key, and the server is told", async () => {
  const { again, server, push, phone } = await subscribed();
  assert.equal(await again(), "on");
  const [told] = server.told.values();
  const { told: remembered } = await readPush(phone.store);
  assert.deepEqual(told, {
    device_id: told?.device_id,
    endpoint: push.endpoint,
    p256dh: "p256dh",
    auth: "auth",
    key_id: "k1",
  });
  assert.equal(remembered?.endpoint, push.endpoint);
});

test("nobody is subscribed who was not asked or said no, and what another person left is let go", async () => {
  for (const answer of [null, "no"] as const) {
    const { again, push, server } = await subscribed(answer);
    await push.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64Url(keyOf(1)) });
    assert.equal(await again(), "off");
    assert.deepEqual([push.endpoint, server.calls], [null, []]);
  }
});

test("what holds is told again once a day, so that the server knows that the phone lives", async () => {
  const { again, server, phone } = await subscribed();
  await again();
  server.calls = [];
  assert.equal(await again(), "on");
  assert.deepEqual(server.calls, HOLDS);
  phone.time.pass(86_400_000);
  await again();
  assert.deepEqual(server.calls, [...HOLDS, ...TOLD]);
});

test("a server that has forgotten the phone is told again at once", async () => {
  const { again, server, endpoints } = await subscribed();
  await again();
  server.told.clear();
  assert.equal(await again(), "on");
  assert.deepEqual(endpoints(), ["https://push.example/1"]);
});

test("another key of the server, another endpoint: the phone subscribes anew and says so", async () => {
  for (const tellsKey of [true, false]) {
    const { again, server, push, endpoints } = await subscribed();
    push.tellsKey = tellsKey;
    await again();
    server.key = { key: keyOf(2), key_id: "k2" };
    assert.equal(await again(), "on");
    assert.deepEqual(endpoints(), ["https://push.example/2"]);
    push.lose();
    assert.equal(await again(), "on");
    assert.deepEqual(endpoints(), ["https://push.example/3"]);
  }
});

test("a key that is rotated while the phone subscribes is asked for once more", async () => {
  const { again, server, push } = await subscribed();
  const { subscribe } = push;
  push.subscribe = async (options) => {
    if (push.subscriptions === 0) server.key = { key: keyOf(2), key_id: "k2" };
    return subscribe.call(push, options);
  };
  assert.equal(await again(), "on");
  assert.deepEqual(
    [...server.told.values()].map(({ key_id }) => key_id),
    ["k2"],
  );
});

test("a permission that was taken back is told to the server once, and given again it holds again", async () => {
  const { again, server, push } = await subscribed();
  await again();
  push.permission = "denied";
  push.lose();
  server.refuses = "offline";
  assert.equal(await again(), "denied");
  assert.equal(server.told.size, 1, "not heard yet");
  server.refuses = null;
  assert.equal(await again(), "denied");
  assert.equal(server.told.size, 0);
  server.calls = [];
  await again();
  assert.deepEqual(server.calls, []);
  push.permission = "granted";
  assert.equal(await again(), "on");
  assert.equal(server.told.size, 1);
});

test("reminders turned off on another phone let this one go too", async () => {
  const { again, server, push } = await subscribed();
  await again();
  assert.equal(await again(false), "off");
  assert.deepEqual([push.endpoint, server.told.size], [null, 0]);
});

test("no network, a push service that cannot be reached: later, and nothing is believed meanwhile", async () => {
  const { again, server, push, phone } = await subscribed();
  server.refuses = "offline";
  assert.equal(await again(), "later");
  server.refuses = null;
  push.fails = new DOMException("push service error", "AbortError");
  assert.equal(await again(), "later");
  assert.equal((await readPush(phone.store)).told, null);
  push.fails = null;
  assert.equal(await again(), "on");
});

test("a server that sends no push, or not to this engine, is not asked for ever", async () => {
  for (const code of ["push_off", "endpoint_refused"]) {
    const { again, server, push } = await subscribed();
    server.refuses = { code };
    assert.equal(await again(), "closed");
    assert.equal(push.endpoint, null);
  }
});

test("an engine without push is no failure", async () => {
  const { phone, server } = await subscribed();
  const door = pushDoor(null, () => undefined);
  const ports = { store: phone.store, transport: server.transport, door, now: () => 0, wanted: true };
  assert.equal(await mend(ports), "unsupported");
  await assert.rejects(door.subscribe(keyOf(1)));
});

test("who leaves the phone leaves no subscription and nothing on the lock screen, with or without network", async () => {
  for (const refuses of [null, "offline"] as const) {
    const { again, server, push, registration, phone } = await subscribed();
    await again();
    await registration.showNotification("Rundtur", { tag: "x" });
    server.refuses = refuses;
    const side = { ...registration.pushSide, getNotifications: () => registration.getNotifications() };
    const badge = new FakeBadge();
    await badge.setAppBadge(3);
    await leavePush(phone.store, server.transport, side, badge);
    assert.deepEqual([push.endpoint, registration.notes, badge.count], [null, [], 0], "nor a number on the icon");
    assert.equal(server.told.size, refuses ? 1 : 0);
  }
});

test("keys survive their way to the engine and back", () => {
  assert.equal(toBase64Url(fromBase64Url(keyOf(251))), keyOf(251));
});
