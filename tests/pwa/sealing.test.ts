// What only this phone knows of, when its person leaves: sealed, handed in by ticket, and never thrown away.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, test } from "node:test";
import { inBoxes, sealOutbox } from "../../pwa/src/actions/sealing.ts";
import type { SealedContents, UploadTicket } from "../../pwa/src/protocol.gen.ts";
import { fromBase64Url, toBase64Url } from "../../pwa/src/push/door.ts";
import { dropBox, listBoxes, type Sealed } from "../../pwa/src/storage/boxes.ts";
import { openPersonHere } from "../../pwa/src/storage/database.ts";
import { NotSaved } from "../../pwa/src/storage/failures.ts";
import { personsHere, wipePerson } from "../../pwa/src/storage/wiping.ts";
import { handIn } from "../../pwa/src/sync/handing-in.ts";
import { createTransport } from "../../pwa/src/sync/transport.ts";
import { COURSE, makePhone, type Phone, step } from "./support/phone.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const WORDS = "Kanariefågeln";
const note = { kind: "note_kept", course_id: COURSE, step_key: "tanka-efter", text: WORDS } as const;
const server = await webcrypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
const point = new Uint8Array(await webcrypto.subtle.exportKey("raw", server.publicKey));
const TICKET: UploadTicket = {
  secret: "s".repeat(43),
  expires_at: "2027-01-07T08:00:00.000Z",
  key_id: "k1",
  key: toBase64Url(point),
};

beforeEach(async () => {
  for (const { id } of await listBoxes()) await dropBox(id);
});

async function ticketed(): Promise<Phone> {
  const phone = makePhone();
  phone.server.ticket = TICKET;
  await phone.engine.run();
  return phone;
}

/** As the server opens it. */
async function opened({ key_id, point: own, nonce, text }: Sealed): Promise<SealedContents> {
  const { subtle } = webcrypto;
  const words = new TextEncoder();
  const theirs = await subtle.importKey("raw", fromBase64Url(own), CURVE, false, []);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, server.privateKey, 256);
  const salt = new Uint8Array([...fromBase64Url(own), ...point]);
  const info = words.encode("rundtur sealed box 1");
  const stretched = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt, info };
  const key = await subtle.deriveKey(hkdf, stretched, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: fromBase64Url(nonce), additionalData: words.encode(key_id) };
  return JSON.parse(new TextDecoder().decode(await subtle.decrypt(how, key, fromBase64Url(text))));
}

test("what waits is sealed as it was frozen, for the server alone", async () => {
  const phone = await ticketed();
  const acts = [await phone.act(step("a")), await phone.act(note)];
  assert.equal(await sealOutbox(phone.store, "1", phone.time.now), true);
  const [box, ...others] = await listBoxes();
  assert.ok(box);
  assert.equal(others.length, 0);
  assert.equal(box.acts, 2);
  const said = JSON.stringify(box);
  for (const secret of [WORDS, phone.personId, TICKET.secret]) assert.ok(!said.includes(secret));
  const inside = await opened(box.sealed);
  assert.deepEqual(inside.operations, JSON.parse(JSON.stringify(acts.map(({ op }) => op))));
  assert.deepEqual([inside.ticket, inside.person_id], [TICKET.secret, phone.personId]);
});

test("without a ticket, or with one that is over, nothing is sealed and nobody leaves", async () => {
  const without = makePhone();
  await without.engine.run();
  await without.act(step("a"));
  assert.equal(await sealOutbox(without.store, "1", without.time.now), false);
  const late = await ticketed();
  await late.act(step("a"));
  assert.equal(await sealOutbox(late.store, "1", Date.parse(TICKET.expires_at)), false);
  assert.deepEqual(await listBoxes(), []);
});

test("a box holds no more than the server takes at once", async () => {
  const phone = makePhone();
  const row = await phone.act(note);
  const heavy = { ...row, op: { ...row.op, text: "å".repeat(7_000) } as typeof row.op };
  const rows = [...Array.from({ length: 150 }, () => row), ...Array.from({ length: 15 }, () => heavy)];
  const boxes = inBoxes(rows);
  assert.deepEqual(boxes.flat(), rows);
  for (const box of boxes) {
    assert.ok(box.length <= 100);
    assert.ok(new TextEncoder().encode(JSON.stringify(box.map(({ op }) => op))).length < 110_000);
  }
});

test("a ticket is asked for once, and again when it has grown old", async () => {
  const phone = await ticketed();
  const asked = phone.server.registrations;
  await phone.engine.run();
  assert.equal(phone.server.registrations, asked);
  phone.time.pass(8 * 86_400_000);
  await phone.engine.run();
  assert.equal(phone.server.registrations, asked + 1);
});

test("forty acts go up by ticket once the session has ended, and the screen asks to sign in", async () => {
  const phone = await ticketed();
  phone.server.hasSession = false;
  for (let n = 0; n < 40; n++) await phone.act(step(`s${n}`));
  await phone.engine.run();
  assert.equal(phone.server.effects.size, 40);
  assert.ok((await phone.outbox()).every(({ outcome }) => outcome?.status === "applied"));
  assert.equal(phone.engine.state, "signed_out");
  phone.server.hasSession = true;
  await phone.engine.run();
  assert.deepEqual(await phone.outbox(), [], "signed in again, the replica catches up");
  assert.equal(phone.server.requests.at(-1)?.operations.length, 0);
});

const answers = (...statuses: (number | "offline")[]) => {
  const sent: RequestInit[] = [];
  const fetch = async (_url: string, init: RequestInit) => {
    sent.push(init);
    const status = statuses.shift() ?? 200;
    if (status === "offline") throw new TypeError("network");
    const body = status === 200 ? { protocol: 1, taken: 1 } : { code: "x", message: "", retry_after_s: null };
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  };
  const transport = createTransport({ fetch, setTimer: () => () => undefined, appVersion: "test" });
  return { sent, ports: { transport, now: () => 0, locks: null } };
};

async function aBox(): Promise<void> {
  const phone = await ticketed();
  await phone.act(step("a"));
  await sealOutbox(phone.store, "1", phone.time.now);
}

test("a box that was taken is gone; one that was not is kept", async () => {
  await aBox();
  for (const status of ["offline", 500, 503, 429] as const) {
    assert.equal((await handIn(answers(status).ports, true)).left, 1);
    assert.equal((await listBoxes()).length, 1);
  }
  assert.equal((await handIn(answers(200).ports, true)).left, 0);
  assert.deepEqual(await listBoxes(), []);
});

test("a box that the server will not have waits for its person, and holds up no other", async () => {
  await aBox();
  await aBox();
  assert.equal((await handIn(answers(401, 200).ports, true)).left, 0);
  const [left] = await listBoxes();
  assert.equal(left?.refused, true);
  const quiet = answers();
  await handIn(quiet.ports, false);
  assert.equal(quiet.sent.length, 0, "it is not asked for ever");
  await handIn(answers(200).ports, true);
  assert.deepEqual(await listBoxes(), []);
});

test("whose database is wiped is not made again by who still holds it", async () => {
  const phone = await ticketed();
  const late = openPersonHere(phone.personId, async () => undefined);
  phone.store.close();
  await wipePerson(phone.personId);
  await assert.rejects(
    late.withDatabase((db) => db.getAll("outbox")),
    (error) => error instanceof NotSaved && error.why === "storage_lost",
  );
  assert.ok(!(await personsHere()).includes(phone.personId));
});

test("a store that is closed while somebody else sends is no failure of the page", async () => {
  const phone = await ticketed();
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on("unhandledRejection", hear);
  const locks = { request: async (_name: string, _how: object, act: (lock: null) => unknown) => act(null) };
  const other = makePhone(phone.server, phone.time, locks as unknown as LockManager);
  await other.engine.run();
  other.store.close();
  phone.time.pass(2_000);
  await new Promise((over) => setImmediate(over));
  process.off("unhandledRejection", hear);
  assert.deepEqual(unheard, []);
});
