import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import type { View } from "../../pwa/src/model/view.ts";
import type { Draft } from "../../pwa/src/storage/outbox.ts";
import { ADA, checkedIn, completed, course, DEPARTURE, tour, world } from "./support/cast.ts";
import { FakeServer } from "./support/fake-server.ts";
import { COURSE, makePhone, type Phone } from "./support/phone.ts";

/** Everything that one can do, by the kind of its act. */
const ACTS = [
  completed("a"),
  { kind: "quiz_attempted", course_id: COURSE, version: 1, step_key: "q", answers: { one: ["a"] } },
  { kind: "note_kept", course_id: COURSE, step_key: "b", text: "Fråga Greta" },
  { kind: "place_kept", item_id: COURSE, step_key: "b", position_s: 42 },
  checkedIn("s1", "typed_code"),
  { kind: "preference_set", name: "language", value: "en" },
] as Draft[];

/** A phone out of its box: nothing of anybody is in its store. */
function outOfTheBox(): void {
  globalThis.indexedDB = new IDBFactory();
}

async function opened(server: FakeServer): Promise<{ phone: Phone; view(): Promise<View> }> {
  const phone = makePhone(server);
  await phone.engine.run();
  // The texts come by their hashes, as downloads do.
  await phone.store.write(["documents"], async (tx) => {
    await tx.objectStore("documents").put({ hash: "doc-v1", document: course() });
    await tx.objectStore("documents").put({ hash: "tour-v1", document: tour });
  });
  return { phone, view: phone.view };
}

test("a new phone restores everything: what is on the screen of the old one is on the screen of the new", async (t) => {
  const before = globalThis.indexedDB;
  t.after(() => {
    globalThis.indexedDB = before;
  });
  const server = new FakeServer(ADA);
  for (const { entity, id, data } of world().replica) server.publish(entity, id, data as object);

  outOfTheBox();
  const old = await opened(server);
  for (const draft of ACTS) await old.phone.act(draft);
  await old.phone.engine.run();
  const { receipts, ...left } = await old.view();
  assert.equal(receipts.length, ACTS.length - 1, "a place is no act");
  assert.equal(left.waiting, 0);

  outOfTheBox();
  server.pageSize = 3;
  const fresh = await opened(server);
  const { receipts: none, ...restored } = await fresh.view();
  assert.deepEqual(restored, left);
  assert.deepEqual(none, [], "receipts are of what this phone has said");
  assert.equal(restored.courses[0]?.steps[0]?.state, "done");
  assert.equal(restored.courses[0]?.steps[1]?.note, "Fråga Greta");
  assert.deepEqual(restored.courses[0]?.here, { stepKey: "b", positionS: 42 });
  assert.equal(restored.departures.find(({ departure }) => departure.departure_id === DEPARTURE)?.checkedIn, 1);
  const devices = new Set(server.requests.map(({ device_id }) => device_id));
  assert.equal(devices.size, 2, "another phone is another device");
});
