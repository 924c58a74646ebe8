import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { openPerson } from "../../pwa/src/storage/database.ts";
import { knowDevice, rememberSeq } from "../../pwa/src/storage/device.ts";
import { NotSaved } from "../../pwa/src/storage/failures.ts";
import { keepsakeIn } from "../../pwa/src/storage/keepsake.ts";
import { openNotices } from "../../pwa/src/storage/notice.ts";
import { newOpId } from "../../pwa/src/storage/op-id.ts";
import { personsHere, wipePerson } from "../../pwa/src/storage/wiping.ts";
import { makePhone, type Phone, step } from "./support/phone.ts";

function memory() {
  const map = new Map<string, string>();
  return {
    get length() {
      return map.size;
    },
    key: (n: number) => [...map.keys()][n] ?? null,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

test("seq counts 1, 2, 3 however many tabs act at once", async () => {
  const phone = makePhone();
  const other = phone.again();
  const rows = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? phone : other).act(step(`s${n}`))));
  assert.deepEqual(
    rows.map(({ seq }) => seq).sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.equal(new Set(rows.map(({ op }) => op.op_id)).size, 10);
});

test("seq is never given twice, also after the outbox has been sent and the phone opened again", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await phone.engine.run();
  phone.store.close();
  assert.equal((await phone.again().act(step("b"))).seq, 2);
});

test("an act is saved by a strict transaction", async (t) => {
  const phone = makePhone();
  const asked: (string | undefined)[] = [];
  const straight = IDBDatabase.prototype.transaction;
  t.mock.method(
    IDBDatabase.prototype,
    "transaction",
    function (this: IDBDatabase, ...args: Parameters<typeof straight>) {
      if (args[1] === "readwrite") asked.push(args[2]?.durability);
      return straight.apply(this, args);
    },
  );
  await phone.act(step("a"));
  assert.deepEqual(asked, ["strict"]);
});

test("a connection that died is opened again, and the act is saved once", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await phone.store.withDatabase(async (db) => db.close());
  const row = await phone.act(step("b"));
  assert.equal(row.seq, 2);
  assert.equal((await phone.outbox()).length, 2);
});

/** The next commit reaches the disk, `meanwhile` happens, and its good news never arrives. */
function losesTheNews(phone: Phone, meanwhile: () => Promise<unknown>): void {
  let lost = false;
  const straight = phone.store.write.bind(phone.store);
  phone.store.write = ((stores, act) =>
    phone.store.withDatabase(async () => {
      const result = await straight(stores, act);
      if (lost) return result;
      lost = true;
      await meanwhile();
      throw new DOMException("Connection to Indexed Database server lost", "UnknownError");
    })) as typeof straight;
}

const meanwhiles: [string, (phone: Phone, other: Phone) => Promise<unknown>, number[]][] = [
  ["nothing else happens", async () => undefined, [1, 2]],
  ["another tab enters an act of its own", (_, other) => other.act(step("c")), [1, 2, 3]],
  ["another tab sends it", (_, other) => other.engine.run(), []],
  [
    "another tab sends it, and the server refuses",
    async (phone, other) => {
      const last = (await phone.outbox()).at(-1);
      phone.server.verdicts.set(last?.op.op_id ?? "", { status: "rejected", code: "gone", at: null });
      await other.engine.run();
    },
    [],
  ],
];
for (const [meanwhile, happens, left] of meanwhiles) {
  test(`a commit whose news is lost is not entered a second time, where ${meanwhile}`, async (t) => {
    const phone = makePhone();
    const other = phone.again();
    await phone.act(step("a"));
    losesTheNews(phone, () => happens(phone, other));
    t.after(() => phone.store.close());
    const row = await phone.act(step("b"));
    assert.equal(row.seq, 2);
    assert.deepEqual(
      (await phone.outbox()).map(({ seq }) => seq),
      left,
    );
    await other.engine.run();
    assert.ok([...phone.server.effects.values()].every((times) => times === 1));
    const sent = phone.server.requests.flatMap(({ operations }) => operations.map(({ seq }) => seq));
    assert.equal(new Set(sent).size, sent.length);
    assert.equal(Math.max(...sent), left.at(-1) ?? 2);
  });
}

test("a reading that the engine breaks off fails where it was asked for, and nowhere else", async (t) => {
  const unheard = t.mock.fn();
  process.on("unhandledRejection", unheard);
  t.after(() => process.off("unhandledRejection", unheard));
  const phone = makePhone();
  const broken = phone.store.read(["meta"], async (tx) => {
    const asked = tx.objectStore("meta").getAll();
    tx.abort();
    return asked;
  });
  await assert.rejects(broken);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(unheard.mock.callCount(), 0);
});

test("after three failed reopenings it says that the storage is lost, and never that it was saved", async () => {
  const phone = makePhone();
  let tries = 0;
  const lost = phone.store.withDatabase(async () => {
    tries++;
    throw new DOMException("closing", "InvalidStateError");
  });
  await assert.rejects(lost, (error) => error instanceof NotSaved && error.why === "storage_lost");
  assert.equal(tries, 4);
});

test("a full phone is named, and nothing is half saved", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  const full = phone.store.write(["outbox", "meta"], async (tx) => {
    await tx.objectStore("outbox").clear();
    throw new DOMException("full", "QuotaExceededError");
  });
  await assert.rejects(full, (error) => error instanceof NotSaved && error.why === "no_room");
  assert.equal((await phone.outbox()).length, 1);
});

test("IndexedDB gone, localStorage not: the device goes on with its next seq, and says that something was lost", async () => {
  const keepsake = keepsakeIn(memory());
  const personId = randomUUID();
  const before = openPerson(personId);
  const device = await knowDevice(before, keepsake);
  rememberSeq(personId, 7, keepsake);
  before.close();
  await wipePerson(personId);
  const after = await knowDevice(openPerson(personId), keepsake);
  assert.equal(after.deviceId, device.deviceId);
  assert.equal(after.lostThrough, 7);
  const store = openPerson(personId);
  assert.equal((await store.withDatabase((db) => db.get("meta", "last_seq")))?.value, 7);
});

test("learning the device's id again does not set back a seq that has been given", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  await knowDevice(phone.store, null);
  assert.equal((await phone.act(step("b"))).seq, 2);
});

test("each person has a database of their own, and wiping one leaves the other", async () => {
  const ada = makePhone();
  const bruno = makePhone();
  await ada.act(step("a"));
  await bruno.act(step("b"));
  ada.store.close();
  await wipePerson(ada.personId);
  const here = await personsHere();
  assert.ok(!here.includes(ada.personId));
  assert.ok(here.includes(bruno.personId));
  assert.equal((await bruno.outbox()).length, 1);
});

test("a database that another tab has wiped is not made again by a tap", async (t) => {
  const phone = makePhone();
  await phone.act(step("a"));
  const notices = openNotices(phone.personId);
  t.after(() => notices.close());
  const left = new Promise((resolve) => notices.hear(resolve));
  await wipePerson(phone.personId);
  assert.equal(await left, "signed_out");
  await assert.rejects(phone.act(step("b")), (error) => error instanceof NotSaved && error.why === "storage_lost");
  assert.ok(!(await personsHere()).includes(phone.personId));
});

test("after signing out nothing can be saved any more", async () => {
  const phone = makePhone();
  phone.store.close();
  await assert.rejects(phone.act(step("a")), (error) => error instanceof NotSaved && error.why === "signed_out");
});

test("what nobody has decided yet is not forgotten after a fortnight", async () => {
  const phone = makePhone();
  const [open, told] = [await phone.act(step("a")), await phone.act(step("b"))];
  phone.server.verdicts.set(open.op.op_id, { status: "deferred", code: "newer", at: null });
  await phone.engine.run();
  phone.server.now += 15 * 86_400_000;
  await phone.engine.run();
  const ring = await phone.store.withDatabase((db) => db.getAllKeys("acknowledged"));
  assert.deepEqual([ring.includes(open.op.op_id), ring.includes(told.op.op_id)], [true, false]);
});

test("a reset drops the rows of its stream and of no other", async () => {
  const phone = makePhone();
  phone.server.publish("preference", "old", { name: "x", value: "", set_at: "" });
  await phone.engine.run();
  await phone.store.write(["replica"], (tx) =>
    tx.objectStore("replica").put({ stream: "audience:1", entity: "programme", id: "p", data: {} }),
  );
  phone.server.faults = [(answer) => ({ ...answer, reset: [phone.server.stream], changes: [] })];
  await phone.engine.run();
  const rows = await phone.store.withDatabase((db) => db.getAll("replica"));
  assert.deepEqual(
    rows.map(({ stream }) => stream),
    ["audience:1"],
  );
});

test("an op_id is a UUIDv7 that sorts by its time", () => {
  const early = newOpId(1_700_000_000_000);
  const late = newOpId(1_700_000_000_001);
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(early.replaceAll("-", "").slice(0, 12), 16), 1_700_000_000_000);
  assert.ok(early < late);
});
