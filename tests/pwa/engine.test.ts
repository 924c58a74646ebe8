import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncResponse } from "../../pwa/src/protocol.gen.ts";
import { createEngine } from "../../pwa/src/sync/engine.ts";
import { startTriggers } from "../../pwa/src/sync/triggers.ts";
import { makePhone, type Phone, step, unseen } from "./support/phone.ts";

async function heldBy({ store }: Phone): Promise<{ outbox: number; ring: number; attention: number }> {
  const [outbox, ring, attention] = await store.withDatabase((db) =>
    Promise.all([db.count("outbox"), db.count("acknowledged"), db.count("attention")]),
  );
  return { outbox, ring, attention };
}
const sentIds = ({ server }: Phone, n: number) => server.requests.at(n)?.operations.map(({ op_id }) => op_id);

test("twenty acts made offline go up in one exchange, once, and a second one sends nothing", async () => {
  const phone = makePhone();
  for (let n = 1; n <= 20; n++) await phone.act(step(`s${n}`));
  assert.equal(await phone.engine.run(), true);
  assert.equal(phone.server.requests.length, 1);
  assert.equal(phone.server.effects.size, 20);
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 20, attention: 0 });
  await phone.engine.run();
  assert.deepEqual(sentIds(phone, 1), []);
  assert.ok([...phone.server.effects.values()].every((times) => times === 1));
});

test("a device is registered once, before its first exchange", async () => {
  const phone = makePhone();
  await phone.engine.run();
  await phone.engine.run();
  assert.equal(phone.server.registrations, 1);
});

test("a lost request is sent again, the same operations in the same words", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = ["request_lost"];
  assert.equal(await phone.engine.run(), false);
  assert.equal(phone.engine.state, "waiting");
  assert.deepEqual(phone.connection, [false]);
  await phone.engine.run();
  assert.deepEqual(sentIds(phone, 0), sentIds(phone, 1));
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 1, attention: 0 });
});

test("a lost answer: the act is sent again with its own id, and counts once", async () => {
  const phone = makePhone();
  const { op } = await phone.act(step("a"));
  phone.server.faults = ["answer_lost"];
  await phone.engine.run();
  assert.equal((await heldBy(phone)).outbox, 1);
  await phone.engine.run();
  assert.equal(phone.server.effects.get(op.op_id), 1);
  assert.equal((await heldBy(phone)).outbox, 0);
});

test("a failure is tried again by itself", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = ["request_lost", { status: 500 }];
  await phone.engine.run();
  assert.equal(phone.time.pass(300_000), 1);
  await phone.engine.run();
  assert.equal(phone.time.pass(300_000), 1);
  await phone.engine.run();
  assert.equal((await heldBy(phone)).outbox, 0);
});

for (const fault of ["portal", "cut"] as const) {
  test(`an answer that is not ours (${fault}) is no network: nothing is believed, nothing is lost`, async () => {
    const phone = makePhone();
    await phone.act(step("a"));
    phone.server.faults = [fault];
    assert.equal(await phone.engine.run(), false);
    assert.deepEqual(phone.connection, [false]);
    assert.deepEqual(await heldBy(phone), { outbox: 1, ring: 0, attention: 0 });
  });
}

test("an answer to other operations than were asked is passed over", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = [(answer: SyncResponse) => ({ ...answer, outcomes: [] })];
  await phone.engine.run();
  assert.deepEqual(await heldBy(phone), { outbox: 1, ring: 0, attention: 0 });
  assert.equal(await cursorOf(phone), undefined);
});

test("an old answer to a question without operations, out of a proxy's cache, is passed over by a phone that is new", async () => {
  const phone = makePhone();
  phone.server.faults = [(answer: SyncResponse) => ({ ...answer, asked_at: "2026-11-10T15:14:30.000Z", changes: [] })];
  await phone.engine.run();
  assert.equal(await cursorOf(phone), undefined);
  await phone.engine.run();
  assert.notEqual(await cursorOf(phone), undefined);
});

test("what is missing is told with a push, and a quiet exchange does not hush it up", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = [(answer) => ({ ...answer, missing: [[5, 6]] })];
  await phone.engine.run();
  await phone.engine.run();
  assert.equal((await phone.view()).lost, 2);
});

test("a server that hangs is given up after thirty seconds, and the loop goes on", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await phone.engine.run();
  const hanging = (_url: string, init: RequestInit) =>
    new Promise<Response>((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  phone.server.fetch = hanging;
  const other = phone.again();
  const run = other.engine.run();
  while (phone.time.timers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  phone.time.pass(30_000);
  assert.equal(await run, false);
  assert.equal(other.engine.state, "waiting");
});

test("retry keeps that one operation, the others are taken, and it is asked again when its time has come", async () => {
  const phone = makePhone();
  const first = await phone.act(step("a"));
  await phone.act(step("b"));
  phone.server.verdicts.set(first.op.op_id, { status: "retry", retry_after_s: 10 });
  await phone.engine.run();
  assert.deepEqual(await heldBy(phone), { outbox: 1, ring: 1, attention: 0 });
  await phone.engine.run();
  assert.deepEqual(sentIds(phone, 1), [], "not before its time");
  phone.server.verdicts.clear();
  phone.time.pass(15_001);
  await phone.engine.run();
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 2, attention: 0 });
});

test("what another tab has told meanwhile does not make this one ask every half second", async () => {
  const phone = makePhone();
  const { op } = await phone.act(step("a"));
  phone.server.verdicts.set(op.op_id, { status: "retry", retry_after_s: 10 });
  await phone.engine.run();
  phone.server.verdicts.clear();
  phone.time.pass(5_000);
  await phone.again().engine.run();
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 1, attention: 0 });
  phone.time.pass(9_000);
  await phone.engine.run();
  assert.equal(phone.time.timers.length, 0);
});

test("rejected goes to attention with its code, and never again to the server", async () => {
  const phone = makePhone();
  const { op } = await phone.act(step("a"));
  phone.server.verdicts.set(op.op_id, { status: "rejected", code: "gone" });
  await phone.engine.run();
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 0, attention: 1 });
  const [row] = await phone.store.withDatabase((db) => db.getAll("attention"));
  assert.equal(row?.code, "gone");
  assert.equal((await phone.view()).attention, 1);
});

test("one operation that the server cannot read is found, set aside, and its neighbours go through", async () => {
  const phone = makePhone();
  const rows = [];
  for (let n = 1; n <= 9; n++) rows.push(await phone.act(step(`s${n}`)));
  const bad = rows[5]?.op.op_id ?? "";
  phone.server.poison.add(bad);
  assert.equal(await phone.engine.run(), true);
  assert.equal(phone.server.effects.size, 8);
  const [aside] = await phone.store.withDatabase((db) => db.getAll("attention"));
  assert.equal(aside?.op_id, bad);
  assert.equal(aside?.why, "unsendable");
});

test("where the envelope itself is refused, nobody's act is set aside", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.faults = Array.from({ length: 4 }, () => ({ status: 400 }));
  await phone.engine.run();
  assert.deepEqual(await heldBy(phone), { outbox: 1, ring: 0, attention: 0 });
});

test("a batch that is too large is halved until it fits", async () => {
  const phone = makePhone();
  phone.server.most = 3;
  for (let n = 1; n <= 8; n++) await phone.act(step(`s${n}`));
  assert.equal(await phone.engine.run(), true);
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 8, attention: 0 });
});

test("more than a hundred operations go in batches of at most a hundred", async () => {
  const phone = makePhone();
  for (let n = 1; n <= 130; n++) await phone.act(step(`s${n}`));
  await phone.engine.run();
  assert.deepEqual(
    phone.server.requests.map(({ operations }) => operations.length),
    [100, 30],
  );
});

test("pages are pulled until there is no more", async () => {
  const phone = makePhone();
  for (let n = 1; n <= 7; n++) phone.server.publish("preference", `p${n}`, { name: "x", value: `${n}`, set_at: "" });
  phone.server.pageSize = 3;
  await phone.engine.run();
  assert.equal(phone.server.requests.length, 3);
  assert.equal(await phone.store.withDatabase((db) => db.count("replica")), 7);
});

/** A second tab whose answer is made now, and arrives only when it is let go. */
function slowTab(phone: Phone): { run: Promise<boolean>; letGo(): void } {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const transport: Phone["transport"] = async (call) => {
    const answer = await phone.transport(call);
    await held;
    return answer;
  };
  return { run: engineWith(phone, transport).run(), letGo };
}

for (const first of [true, false]) {
  const when = first ? "to the very first question" : "to a later question";
  test(`a late answer (${when}) moves neither the cursor nor the replica, but its outcomes count`, async () => {
    const phone = makePhone();
    if (!first) await phone.engine.run();
    await phone.act(step("a"));
    const asked = phone.server.requests.length;
    const slow = slowTab(phone);
    while (phone.server.requests.length === asked) await new Promise((resolve) => setImmediate(resolve));
    phone.server.publish("preference", "newer", { name: "x", value: "newer", set_at: "" });
    await phone.again().engine.run();
    const cursor = await cursorOf(phone);
    slow.letGo();
    await slow.run;
    assert.equal(await cursorOf(phone), cursor);
    assert.ok(await phone.store.withDatabase((db) => db.get("replica", [phone.server.stream, "preference", "newer"])));
    assert.equal((await heldBy(phone)).outbox, 0);
  });
}

test("an answer that knows less than this phone does is old, whoever kept it", async () => {
  const phone = makePhone();
  phone.server.publish("preference", "a", { name: "x", value: "", set_at: "" });
  await phone.engine.run();
  const cursor = await cursorOf(phone);
  const { stream } = phone.server;
  phone.server.faults = [(answer) => ({ ...answer, reached: { [stream]: 0 }, cursor: "old" })];
  await phone.engine.run();
  assert.equal(await cursorOf(phone), cursor);
});

test("a portal that answers 401 signs nobody out", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await phone.engine.run();
  phone.server.fetch = async () => new Response("<html>Log in</html>", { status: 401 });
  const other = phone.again();
  await other.engine.run();
  assert.equal(other.engine.state, "waiting");
  assert.deepEqual(other.connection, [false]);
});

test("a new epoch: what the server had taken is told again, once, and everything is pulled from the start", async () => {
  const phone = makePhone();
  const { op } = await phone.act(step("a"));
  await phone.engine.run();
  phone.server.restore("epoch-2");
  await phone.act(step("b"));
  await phone.engine.run();
  assert.equal(phone.server.requests.at(-1)?.cursor, null);
  assert.equal(phone.server.effects.get(op.op_id), 1);
  assert.equal(phone.server.effects.size, 2);
  assert.deepEqual(await heldBy(phone), { outbox: 0, ring: 2, attention: 0 });
});

test("the ring forgets after fourteen days", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await phone.engine.run();
  phone.server.now += 15 * 86_400_000;
  await phone.engine.run();
  assert.equal((await heldBy(phone)).ring, 0);
});

test("two senders at once: both may send, each act counts once", async () => {
  const phone = makePhone();
  const other = phone.again();
  for (let n = 1; n <= 5; n++) await phone.act(step(`s${n}`));
  await Promise.all([phone.engine.run(), other.engine.run()]);
  assert.equal(phone.server.effects.size, 5);
  assert.ok([...phone.server.effects.values()].every((times) => times === 1));
  assert.equal((await heldBy(phone)).outbox, 0);
});

test("with Web Locks one sends and the other looks again later", async () => {
  const phone = makePhone();
  const locks = { request: async (_name: string, _options: object, act: (lock: null) => unknown) => act(null) };
  const engine = engineWith(phone, phone.transport, locks as unknown as LockManager);
  assert.equal(await engine.run(), false);
  assert.equal(phone.server.requests.length, 0);
  assert.equal(phone.time.pass(2_000), 1);
});

test("an act is sent two seconds after it, together with those that follow; a tap does not wait", async () => {
  const phone = makePhone();
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const window = new EventTarget();
  const { time } = phone;
  const idle = async () => {
    while (phone.engine.state !== "idle") await new Promise((resolve) => setImmediate(resolve));
  };
  const ports = { window, document: page, random: () => 0.5, setTimer: time.setTimer };
  const triggers = startTriggers({ engine: phone.engine, ...ports, ...unseen });
  await idle();
  for (const key of ["a", "b"]) {
    await phone.act(step(key));
    triggers.acted();
  }
  time.pass(1_999);
  assert.equal(phone.server.requests.length, 1);
  time.pass(1);
  await idle();
  assert.equal(sentIds(phone, 1)?.length, 2);
  window.dispatchEvent(new Event("online"));
  triggers.now();
  await idle();
  time.pass(30_000);
  await idle();
  assert.equal(phone.server.requests.length, 3, "what was done since the network came back is not done again");
  triggers.stop();
});

test("an ended session keeps everything and stops asking; after sign-in the same acts go up", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await phone.engine.run();
  await phone.act(step("b"));
  phone.server.faults = [{ status: 401, code: "signed_out" }];
  await phone.engine.run();
  assert.equal(phone.engine.state, "signed_out");
  assert.equal(phone.time.timers.length, 0);
  assert.equal((await heldBy(phone)).outbox, 1);
  await phone.engine.run();
  assert.equal(phone.engine.state, "idle");
  assert.equal((await heldBy(phone)).outbox, 0);
});

test("an act made while sending goes up in the same run", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  const run = phone.engine.run();
  await phone.act(step("b"));
  void phone.engine.run();
  await run;
  assert.equal((await heldBy(phone)).outbox, 0);
});

function engineWith(phone: Phone, transport: Phone["transport"], locks: LockManager | null = null) {
  return createEngine({
    store: phone.store,
    transport,
    prepare: async () => null,
    clock: phone.clock,
    appVersion: "test",
    random: () => 0.5,
    setTimer: phone.time.setTimer,
    locks,
    onState: () => undefined,
    onConnection: () => undefined,
    onTaken: () => undefined,
    onStopped: () => undefined,
    freeMedia: async () => false,
  });
}

async function cursorOf({ store }: Phone): Promise<unknown> {
  return (await store.withDatabase((db) => db.get("meta", "cursor")))?.value;
}
