// A store that was cleared with things unsent: the phone says so, the server says what it cost, the person reads it (I12).
import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { seeLost } from "../../pwa/src/actions/attention.ts";
import { knowDevice, rememberSeq } from "../../pwa/src/storage/device.ts";
import { type Keepsake, keepsakeIn, noStorage } from "../../pwa/src/storage/keepsake.ts";
import { ensureRegistered } from "../../pwa/src/sync/registering.ts";
import { makePhone, type Phone, step } from "./support/phone.ts";

function keepsakeOf(): Keepsake {
  const rows = new Map<string, string>();
  return keepsakeIn({
    ...noStorage(),
    getItem: (key) => rows.get(key) ?? null,
    setItem: (key, value) => void rows.set(key, value),
  });
}

const register = (phone: Phone, keepsake: Keepsake) =>
  ensureRegistered(phone.store, phone.transport, keepsake, "test", Date.parse("2026-11-23T08:00:00.000Z"));

/** One act that the server has, and so many that only this phone knew of when the browser threw its store away. */
async function cleared(unsent: number): Promise<{ phone: Phone; keepsake: Keepsake }> {
  const keepsake = keepsakeOf();
  const before = makePhone();
  await register(before, keepsake);
  await before.act(step("sent"));
  await before.engine.run();
  for (let n = 0; n < unsent; n++) await before.act(step(`lost-${n}`));
  rememberSeq(before.personId, 1 + unsent, keepsake);
  before.store.close();
  globalThis.indexedDB = new IDBFactory();
  return { phone: makePhone(before.server, before.time), keepsake };
}

test("a cleared store is known before the server is reached, whoever asks and however often", async () => {
  const { phone, keepsake } = await cleared(7);
  assert.equal((await knowDevice(phone.store, keepsake)).lostThrough, 8);
  assert.equal((await knowDevice(phone.store, null)).lostThrough, 8);
  const { storageLost, attention } = await phone.view();
  assert.deepEqual([storageLost, attention], [true, 0]);
});

test("at the next exchange the person sees how many are lost, without having done anything new", async () => {
  const { phone, keepsake } = await cleared(7);
  assert.equal(await register(phone, keepsake), null);
  const { lost, storageLost, attention, lostSeen } = await phone.view();
  assert.deepEqual([lost, storageLost, attention, lostSeen], [7, false, 1, false]);
});

test("told once, it is not told again, and the next number goes on", async () => {
  const { phone, keepsake } = await cleared(2);
  await register(phone, keepsake);
  assert.equal((await knowDevice(phone.store, keepsake)).lostThrough, 0);
  const { seq } = await phone.act(step("new"));
  await phone.engine.run();
  assert.equal(seq, 4);
  assert.equal((await phone.view()).lost, 2);
});

test("a cleared store of which everything was sent has lost nothing", async () => {
  const { phone, keepsake } = await cleared(0);
  await register(phone, keepsake);
  const { lost, attention } = await phone.view();
  assert.deepEqual([lost, attention], [0, 0]);
});

test("what was lost stays listed and no longer counts once it was read, until more is lost", async () => {
  const { phone, keepsake } = await cleared(3);
  await register(phone, keepsake);
  await seeLost(phone.store, await phone.view());
  const { lost, lostSeen, attention } = await phone.view();
  assert.deepEqual([lost, lostSeen, attention], [3, true, 0]);
});

test("without network nothing is told, and nothing is forgotten", async () => {
  const { phone: online, keepsake } = await cleared(3);
  online.server.fetch = () => Promise.reject(new TypeError("network"));
  const phone = online.again();
  assert.equal((await register(phone, keepsake))?.why, "offline");
  assert.equal((await knowDevice(phone.store, keepsake)).lostThrough, 4);
});
