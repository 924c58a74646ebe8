import assert from "node:assert/strict";
import { test } from "node:test";
import { filesToForget, retiredHashes, wantedHashes } from "../../pwa/src/downloads/plan.ts";
import { missingRoom, networkOf } from "../../pwa/src/downloads/room.ts";
import type { Snapshot } from "../../pwa/src/model/snapshot.ts";
import { course, courseEnrolment, entry, fact, row, see, world } from "./support/cast.ts";
import { COURSE } from "./support/phone.ts";

test("the programme's courses and the next departure are wanted by themselves", () => {
  assert.deepEqual(wantedHashes(see(world()), new Map()), ["tour-v1", "doc-v1"]);
});

test("with nothing due one open course comes by itself, and with something due none does", () => {
  const open = (rows: Snapshot["replica"]) =>
    rows.map((one) =>
      one.id === COURSE && one.entity === "catalogue_entry" ? { ...one, data: entry({ is_open: true }) } : one,
    );
  const free = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  assert.deepEqual(wantedHashes(see(world({ replica: free })), new Map()), ["tour-v1"]);
  assert.deepEqual(wantedHashes(see(world({ replica: open(free) })), new Map()), ["tour-v1", "doc-v1"]);
});

test("what somebody is in the middle of comes to a new phone by itself, and what they have finished does not", () => {
  const free = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  const begun = [...free, fact("a")];
  assert.deepEqual(wantedHashes(see(world({ replica: begun })), new Map()), ["tour-v1", "doc-v1"]);
  const all = { ...courseEnrolment, completed_version: 1, completed_at: "2026-11-22T08:00:00.000Z" };
  const finished = world({ replica: [...begun, row("enrolment", COURSE, all)] });
  assert.deepEqual(wantedHashes(see(finished), new Map()), ["tour-v1"]);
});

test("an older version's files go when the newer text is here and says which of them it shares", () => {
  const documents = new Map([["doc-v0", course(0)]]);
  assert.deepEqual(retiredHashes(see(world()), documents), { gone: [], old: ["doc-v0"], spent: [] });
  const free = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  assert.deepEqual(wantedHashes(see(world({ replica: free })), documents), ["tour-v1", "doc-v1"]);
  documents.set("doc-v1", course(1));
  assert.deepEqual(retiredHashes(see(world()), documents).spent, ["doc-v0"]);
});

test("a document whose catalogue entry is gone is retired, and one of an old version is old", () => {
  const documents = new Map(world().documents.map(({ hash, document }) => [hash, document]));
  documents.set("doc-v0", course(0));
  assert.deepEqual(retiredHashes(see(world()), documents), { gone: [], old: ["doc-v0"], spent: ["doc-v0"] });
  const blind = world({ replica: world().replica.filter(({ entity }) => entity !== "catalogue_entry") });
  assert.deepEqual(retiredHashes(see(blind), documents).gone, ["doc-v1", "doc-v0"]);
});

test("a file that two documents share is forgotten with the last of them", () => {
  const file = { url: "/media/x.svg", hash: "x", type: "image/svg+xml", bytes: 1, chunks: null };
  const documents = new Map([
    ["one", course(1, [], [file])],
    ["two", course(2, [], [file])],
  ]);
  assert.deepEqual(filesToForget(new Set(["one"]), documents), []);
  assert.deepEqual(filesToForget(new Set(["one", "two"]), documents), [file]);
});

test("what the browser will not say about room and network is no obstacle and no permission", () => {
  assert.equal(missingRoom(1_000_000, {}), 0);
  assert.equal(networkOf(undefined), "unknown");
  assert.equal(networkOf({ type: "wifi" }), "unmetered");
  assert.equal(networkOf({ type: "wifi", saveData: true }), "metered");
});
