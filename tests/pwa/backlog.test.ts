import assert from "node:assert/strict";
import { test } from "node:test";
import { readMeta } from "../../pwa/src/storage/database.ts";
import { readSnapshot, snapshotReader } from "../../pwa/src/storage/reading.ts";
import type { OutboxRow } from "../../pwa/src/storage/schema.ts";
import { makePhone, type Phone, step } from "./support/phone.ts";

/** So many acts that were entered long ago. */
async function withBacklog(count: number): Promise<Phone> {
  const phone = makePhone();
  const first = await phone.act(step("first"));
  await phone.store.write(["outbox", "meta"], async (tx) => {
    for (let seq = 2; seq <= count; seq++) {
      const op = { ...first.op, seq, op_id: crypto.randomUUID(), step_key: `s${seq}` } as OutboxRow["op"];
      void tx.objectStore("outbox").add({ ...first, seq, op });
    }
    await tx.objectStore("meta").put({ key: "last_seq", value: count });
  });
  return phone;
}

/** How many rows are read from the store meanwhile. */
async function rowsRead(act: () => Promise<unknown>): Promise<number> {
  const { getAll } = IDBObjectStore.prototype;
  let count = 0;
  IDBObjectStore.prototype.getAll = function (this: IDBObjectStore, ...given: Parameters<typeof getAll>) {
    const request = getAll.apply(this, given);
    request.addEventListener("success", () => {
      count += request.result.length;
    });
    return request;
  };
  try {
    await act();
    return count;
  } finally {
    IDBObjectStore.prototype.getAll = getAll;
  }
}

test("a phone with thousands of acts to tell reads a few hundred for an exchange, and shows what came without the others", async () => {
  const phone = await withBacklog(3_000);
  const read = snapshotReader(phone.store);
  await read();
  const exchanged = await rowsRead(() => phone.engine.run());
  assert.equal(phone.server.effects.size, 3_000);
  assert.equal(phone.server.requests.length, 30);
  assert.ok(exchanged < 30 * 500, `${exchanged} rows read in 30 exchanges`);

  const waiting = await withBacklog(3_000);
  const look = snapshotReader(waiting.store);
  await look();
  await waiting.act(step("one more"));
  const shown = await rowsRead(async () => assert.equal((await look()).outbox.length, 3_001));
  assert.ok(shown < 100, `${shown} rows read to show one`);
});

test("what is read again and again is what is there, whatever happens to it", async () => {
  const phone = makePhone();
  const read = snapshotReader(phone.store);
  const looks = async (when: string) => assert.deepEqual(await read(), await readSnapshot(phone.store), when);
  await looks("with nothing there");
  for (let n = 0; n < 5; n++) await phone.act(step(`a${n}`));
  await looks("acts are waiting");
  const [first, second] = await phone.outbox();
  phone.server.verdicts.set(first?.op.op_id ?? "", { status: "retry", retry_after_s: 1 });
  phone.server.verdicts.set(second?.op.op_id ?? "", { status: "rejected", code: "gone" });
  phone.server.publishesLate = true;
  await phone.engine.run();
  await looks("some are answered and lie over the replica still");
  assert.equal((await phone.outbox()).filter(({ outcome }) => outcome !== null).length, 3);
  phone.server.verdicts.clear();
  phone.time.pass(10_000);
  await phone.engine.run();
  await looks("the replica has caught up with them");
  await phone.engine.run();
  assert.deepEqual(await phone.outbox(), []);
  phone.server.restore("epoch-2");
  phone.server.publishesLate = false;
  await phone.act(step("b"));
  await looks("another act");
  await phone.engine.run();
  await looks("everything was told again to a server that was restored");
  assert.equal(phone.server.effects.size, 5);
});

test("what an older version of the app has answered, and did not list, leaves the overlay at a quiet exchange", async () => {
  const phone = makePhone();
  await phone.act(step("a"));
  phone.server.publishesLate = true;
  await phone.engine.run();
  await phone.store.write(["meta"], (tx) => tx.objectStore("meta").put({ key: "answered", value: [] }));
  await phone.engine.run();
  assert.deepEqual(await phone.outbox(), []);
  assert.deepEqual(await phone.store.read(["meta"], (tx) => readMeta(tx, "answered")), []);
});
