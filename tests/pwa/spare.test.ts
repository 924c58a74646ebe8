// Chromium threw a store away because a kill had torn its log: what had not been told comes back from the second copy.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { setAside } from "../../pwa/src/storage/answer.ts";
import { dropBox, keepBoxes, listBoxes } from "../../pwa/src/storage/boxes.ts";
import { writeMeta } from "../../pwa/src/storage/database.ts";
import { knowDevice, rememberSeq } from "../../pwa/src/storage/device.ts";
import { keepsakeIn, noStorage } from "../../pwa/src/storage/keepsake.ts";
import type { OutboxRow } from "../../pwa/src/storage/schema.ts";
import { openSpare, type Spare } from "../../pwa/src/storage/spare.ts";
import { wipePerson } from "../../pwa/src/storage/wiping.ts";
import { type FakeBuckets, withBuckets } from "./support/buckets.ts";
import { makePhone, type Phone, step } from "./support/phone.ts";

function keepsakeOf() {
  const rows = new Map<string, string>();
  return keepsakeIn({
    ...noStorage(),
    getItem: (key) => rows.get(key) ?? null,
    setItem: (key, value) => void rows.set(key, value),
  });
}

interface Opened {
  phone: Phone;
  spare: Spare;
  buckets: FakeBuckets;
  act(step_key: string): Promise<void>;
}

/** As a life begins, and as it keeps what is done. */
async function open(phone: Phone, buckets: FakeBuckets, keepsake = keepsakeOf()): Promise<Opened> {
  const spare = await openSpare(phone.store, keepsake);
  await knowDevice(phone.store, keepsake);
  await spare.tidy();
  const act = async (step_key: string) => spare.keep(await phone.act(step(step_key)));
  return { phone, spare, buckets, act };
}

const opened = (t: TestContext) => open(makePhone(), withBuckets(t));

async function thrownAway({ phone, spare, buckets }: Opened, which = "rundtur", keepsake = keepsakeOf()) {
  spare.close();
  phone.store.close();
  buckets.throwAway(`${which}-${phone.personId}`);
  return open(phone.again(), buckets, keepsake);
}

const waitingIn = async ({ phone }: Opened) =>
  (await phone.outbox()).map(({ seq, op }) => [seq, "step_key" in op ? op.step_key : op.kind]);

test("what was not told is there again after the browser threw the store away, and is sent once", async (t) => {
  const before = await opened(t);
  await before.act("a");
  await before.phone.engine.run();
  await before.spare.tidy();
  await before.act("b");
  await before.act("c");
  const after = await thrownAway(before);
  assert.deepEqual(await waitingIn(after), [
    [2, "b"],
    [3, "c"],
  ]);
  await after.act("d");
  assert.equal((await after.phone.outbox()).at(-1)?.seq, 4);
  assert.equal(await after.phone.engine.run(), true);
  const told = after.phone.server.requests.flatMap(({ operations }) => operations);
  assert.deepEqual(
    told.map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
});

test("it is the same device, and nothing is told to be lost", async (t) => {
  const before = await opened(t);
  await before.act("a");
  const { deviceId } = await knowDevice(before.phone.store, null);
  const after = await thrownAway(before);
  const device = await knowDevice(after.phone.store, null);
  assert.deepEqual([device.deviceId, device.lostThrough], [deviceId, 0]);
});

test("a number that the copy has never seen was given to an act that is lost, and the server is told", async (t) => {
  const before = await opened(t);
  await before.act("a");
  await before.phone.act(step("b")); // the copy could not be written
  const keepsake = keepsakeOf();
  keepsake.set(`device.${before.phone.personId}`, (await knowDevice(before.phone.store, null)).deviceId);
  rememberSeq(before.phone.personId, 2, keepsake);
  const after = await thrownAway(before, "rundtur", keepsake);
  assert.deepEqual(await waitingIn(after), [[1, "a"]]);
  assert.equal((await knowDevice(after.phone.store, keepsake)).lostThrough, 2);
  assert.equal((await after.phone.act(step("c"))).seq, 3);
});

test("the copy that is thrown away is filled again at the next start", async (t) => {
  const before = await opened(t);
  await before.act("a");
  const between = await thrownAway(before, "spare");
  assert.deepEqual(await waitingIn(between), [[1, "a"]]);
  const after = await thrownAway(between);
  assert.deepEqual(await waitingIn(after), [[1, "a"]]);
});

test("what has been told is not kept twice for long", async (t) => {
  const before = await opened(t);
  await before.act("a");
  await before.phone.engine.run();
  await before.spare.tidy();
  assert.deepEqual(await waitingIn(await thrownAway(before)), []);
});

test("what the server refused, which nobody else can show its person, is there again", async (t) => {
  const before = await opened(t);
  await before.act("a");
  const { seq, op } = await before.phone.act(step("b"));
  const row = {
    op_id: op.op_id,
    seq,
    op,
    score: null,
    why: "unsendable",
    code: null,
    at: op.occurred_at,
    seen: false,
  } as const;
  await before.phone.store.write(["outbox", "attention"], (tx) =>
    setAside(tx, { ...row, outcome: null, answered_at: null }, "unsendable", null, row.at),
  );
  await before.spare.tidy();
  const after = await thrownAway(before);
  assert.deepEqual(await waitingIn(after), [[1, "a"]]);
  assert.deepEqual(await after.phone.store.withDatabase((db) => db.getAll("attention")), [row]);
});

test("acts of a phone from before there was a copy are in it after the first start", async (t) => {
  const buckets = withBuckets(t);
  const phone = makePhone();
  await knowDevice(phone.store, null);
  await phone.act(step("a"));
  const after = await thrownAway(await open(phone, buckets));
  assert.deepEqual(await waitingIn(after), [[1, "a"]]);
});

test("thousands of acts are copied at the first start, and go when they are told", async (t) => {
  const buckets = withBuckets(t);
  const phone = makePhone();
  await knowDevice(phone.store, null);
  await phone.act(step("first"));
  const [first] = await phone.outbox();
  const rows = Array.from({ length: 1_000 }, (_, n) => ({ ...(first as OutboxRow), seq: n + 2 }));
  await phone.store.write(["outbox", "meta"], async (tx) => {
    for (const row of rows) await tx.objectStore("outbox").put(row);
    await writeMeta(tx, "last_seq", 1_001);
  });
  const after = await thrownAway(await open(phone, buckets));
  assert.equal((await after.phone.outbox()).length, 1_001);
  await after.phone.store.write(["outbox"], (tx) => tx.objectStore("outbox").delete(IDBKeyRange.upperBound(999)));
  await after.spare.tidy();
  const last = await thrownAway(after);
  assert.deepEqual(
    (await last.phone.outbox()).map(({ seq }) => seq),
    [1_000, 1_001],
  );
});

test("an act whose copy cannot be written is saved all the same", async (t) => {
  const before = await opened(t);
  before.spare.close();
  await before.act("a");
  assert.deepEqual(await waitingIn(before), [[1, "a"]]);
});

test("who leaves the phone leaves no copy either", async (t) => {
  const { phone, spare, buckets, act } = await opened(t);
  await act("a");
  spare.close();
  phone.store.close();
  await wipePerson(phone.personId);
  assert.deepEqual(buckets.names(), []);
});

test("an engine without buckets has one store, and no more", async () => {
  const phone = makePhone();
  const spare = await openSpare(phone.store, null);
  await spare.keep(await phone.act(step("a")));
  assert.ok(!(await indexedDB.databases()).some(({ name }) => name === `spare-${phone.personId}`));
});

test("a sealed box is there whichever of its two stores is thrown away, and is listed once", async (t) => {
  const buckets = withBuckets(t);
  const box = (id: string) => ({
    id,
    acts: 1,
    sealed: { key_id: "k", point: "p", nonce: "n", text: "t" },
    refused: false,
  });
  await keepBoxes([box("a"), box("b")]);
  assert.deepEqual(await listBoxes(), [box("a"), box("b")]);
  buckets.throwAway("spare-boxes");
  assert.deepEqual(await listBoxes(), [box("a"), box("b")]);
  await keepBoxes([box("c")]);
  globalThis.indexedDB = new IDBFactory();
  assert.deepEqual(await listBoxes(), [box("c")]);
  await dropBox("c");
  assert.deepEqual(await listBoxes(), []);
});
