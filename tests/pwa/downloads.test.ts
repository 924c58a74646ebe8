import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { createDownloads, type Downloads } from "../../pwa/src/downloads/downloader.ts";
import {
  type DownloadState,
  filesToForget,
  type Network,
  retiredHashes,
  wantedHashes,
} from "../../pwa/src/downloads/plan.ts";
import { type Estimate, missingRoom, networkOf } from "../../pwa/src/downloads/room.ts";
import type { Snapshot } from "../../pwa/src/model/snapshot.ts";
import type { CourseDocument, Medium } from "../../pwa/src/protocol.gen.ts";
import { openPerson, type PersonStore } from "../../pwa/src/storage/database.ts";
import { CHUNK, MEDIA_CACHE } from "../../pwa/src/storage/media.ts";
import { course, courseEnrolment, entry, fact, makeStep, row, see, world } from "./support/cast.ts";
import { type FakeCache, FakeCaches } from "./support/fake-caches.ts";
import { COURSE, Time } from "./support/phone.ts";

const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** A server of texts and files, that counts what it is asked, and can be cut off. */
class Files {
  bodies = new Map<string, Uint8Array<ArrayBuffer>>();
  asked: string[] = [];
  cutAfter = Number.POSITIVE_INFINITY;
  portal = false;
  /** the network is there and brings nothing */
  hangs = false;
  ranges = true;

  add(ending: string, type: string, size: number, seed = 1): Medium {
    const bytes = new Uint8Array(size).map((_, n) => (n * seed) % 251);
    const hash = sha(bytes);
    const url = `/media/${hash}.${ending}`;
    this.bodies.set(url, bytes);
    return { url, hash, type, bytes: size };
  }
  publish(document: CourseDocument): string {
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    this.bodies.set(`/content/${sha(bytes)}`, bytes);
    return sha(bytes);
  }
  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const range = (init.headers as Record<string, string>).Range;
    this.asked.push(range ? `${url} ${range}` : url);
    if (this.asked.length > this.cutAfter) throw new TypeError("network");
    if (this.hangs) return hanging(init.signal);
    if (this.portal) return new Response("<html>Log in</html>");
    const body = this.bodies.get(url);
    if (!body) return new Response(null, { status: 404 });
    const match = /bytes=(\d+)-(\d+)/.exec(range ?? "");
    if (!match || !this.ranges) return new Response(body);
    return new Response(body.slice(Number(match[1]), Number(match[2]) + 1), { status: 206 });
  };
}

function hanging(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

interface Bench {
  files: Files;
  caches: FakeCaches;
  time: Time;
  store: PersonStore;
  downloads: Downloads;
  states: Record<string, DownloadState>[];
  room: Estimate;
  network: Network;
  now(hash: string): DownloadState | undefined;
  media(): Promise<FakeCache>;
  reopen(): void;
}
function makeBench(): Bench {
  const personId = randomUUID();
  const bench = {
    files: new Files(),
    caches: new FakeCaches(),
    time: new Time(),
    states: [],
    room: {},
    network: "unknown",
  } as unknown as Bench;
  bench.now = (hash) => bench.states.at(-1)?.[hash];
  bench.media = async () => (await bench.caches.open(MEDIA_CACHE)) as unknown as FakeCache;
  bench.reopen = () => {
    bench.downloads?.stop();
    bench.store = openPerson(personId);
    bench.downloads = createDownloads({
      store: bench.store,
      caches: bench.caches,
      fetch: bench.files.fetch,
      estimate: async () => bench.room,
      network: () => bench.network,
      setTimer: bench.time.setTimer,
      locks: null,
      onStates: (states) => bench.states.push(states),
      onDocuments: () => undefined,
      persist: async () => undefined,
    });
  };
  bench.reopen();
  return bench;
}
/** A course with a picture of 1 kB and a film of two and a half chunks. */
function withFilm(bench: Bench): { hash: string; film: Medium; picture: Medium } {
  const film = bench.files.add("mp4", "video/mp4", CHUNK * 2.5);
  const picture = bench.files.add("svg", "image/svg+xml", 1_000, 3);
  return { hash: bench.files.publish(course(1, [makeStep("a")], [picture, film])), film, picture };
}
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};
const settled = async (bench: Bench) => {
  for (let n = 0; n < 5; n++) await bench.downloads.want([]);
};

test("text and pictures come by themselves; where the network is unknown the film waits for a tap", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "ready_text");
  assert.ok(!bench.files.asked.some((one) => one.startsWith(film.url)));
  await bench.downloads.wish(hash, "tapped");
  await settled(bench);
  assert.equal(bench.now(hash)?.state, "ready");
  assert.equal(bench.now(hash)?.doneBytes, bench.now(hash)?.totalBytes);
});

test("on Wi-Fi the film comes by itself, by chunks; on a data plan it waits for Wi-Fi", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "metered";
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "waiting_for_wifi");
  bench.network = "unmetered";
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "ready");
  const keys = [...(await bench.media()).entries.keys()].filter((key) => key.startsWith(film.url));
  assert.deepEqual(keys.sort(), [
    `${film.url}?chunk=0`,
    `${film.url}?chunk=1`,
    `${film.url}?chunk=2`,
    `${film.url}?meta`,
  ]);
});

test("a download that was killed goes on behind the chunks that are here", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  bench.files.cutAfter = 4; // text, picture, two chunks
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "downloading");
  assert.equal(bench.now(hash)?.doneBytes, 1_000 + CHUNK * 2);
  bench.files.cutAfter = Number.POSITIVE_INFINITY;
  bench.files.asked = [];
  bench.reopen();
  await bench.downloads.want([hash]);
  assert.deepEqual(bench.files.asked, [`${film.url} bytes=${CHUNK * 2}-${CHUNK * 2.5 - 1}`]);
  assert.equal(bench.now(hash)?.state, "ready");
});

test("what the network broke off is tried again by itself", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  bench.files.cutAfter = 0;
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "downloading");
  bench.files.cutAfter = Number.POSITIVE_INFINITY;
  assert.equal(bench.time.pass(5_000), 1);
  await settled(bench);
  assert.equal(bench.now(hash)?.state, "ready_text");
});

test("a tap is answered at once, also while another download is under way", async () => {
  const bench = makeBench();
  const first = withFilm(bench).hash;
  const second = bench.files.publish(course(2, [makeStep("b")], []));
  bench.files.hangs = true;
  void bench.downloads.want([first]);
  await until(() => bench.files.asked.length === 1);
  await bench.downloads.wish(second, "tapped");
  assert.equal(bench.now(second)?.state, "downloading");
  bench.downloads.stop();
});

test("half a minute without a byte is no network: the next one is not kept waiting", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  bench.files.hangs = true;
  const done = bench.downloads.want([hash]);
  await until(() => bench.files.asked.length === 1);
  bench.files.hangs = false;
  assert.equal(bench.time.pass(30_000), 1);
  await done;
  assert.equal(bench.time.pass(5_000), 1, "and it is tried again");
  await settled(bench);
  assert.equal(bench.now(hash)?.state, "ready_text");
});

test("a person who leaves in the middle of a download leaves no error behind", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  bench.files.hangs = true;
  const done = bench.downloads.want([hash]);
  await until(() => bench.files.asked.length === 1);
  bench.downloads.stop();
  bench.store.close();
  await done;
});

test("ready is never said of bytes that are not the right ones", async () => {
  const bench = makeBench();
  const { hash, film, picture } = withFilm(bench);
  bench.network = "unmetered";
  bench.files.bodies.set(film.url, new Uint8Array(film.bytes));
  await bench.downloads.want([hash]);
  assert.notEqual(bench.now(hash)?.state, "ready");
  assert.equal((await bench.media()).entries.has(`${film.url}?meta`), false);
  assert.equal((await bench.media()).entries.has(picture.url), true);
});

test("a captive portal's page becomes neither text nor picture", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  bench.files.portal = true;
  await bench.downloads.want([hash]);
  assert.equal(await bench.store.withDatabase((db) => db.count("documents")), 0);
});

test("a proxy that does not know ranges sends the whole file, and that is taken too", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  bench.network = "unmetered";
  bench.files.ranges = false;
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "ready");
});

test("too little room is told before the film is begun, with how much is missing", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  bench.room = { usage: 0, quota: 1_000_000 };
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "no_room");
  assert.equal(bench.now(hash)?.missingBytes, Math.ceil(film.bytes * 1.2) - 1_000_000);
  assert.ok(!bench.files.asked.some((one) => one.startsWith(film.url)));
  bench.room = { usage: 0, quota: 1_000_000_000 };
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "ready");
});

test("a phone that turns out to be full says no room, and tries no more by itself", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  (await bench.media()).full = true;
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "no_room");
  assert.equal(bench.time.timers.length, 0);
});

test("paused stays paused, also after the phone is opened again, until a tap", async () => {
  const bench = makeBench();
  const { hash } = withFilm(bench);
  bench.network = "unmetered";
  await bench.downloads.wish(hash, "paused");
  bench.reopen();
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "paused");
  assert.deepEqual(bench.files.asked, []);
  await bench.downloads.wish(hash, "tapped");
  await settled(bench);
  assert.equal(bench.now(hash)?.state, "ready");
});

test("deleting a course spares files that another one needs, and it does not come back by itself", async () => {
  const bench = makeBench();
  const shared = bench.files.add("svg", "image/svg+xml", 500, 5);
  const own = bench.files.add("svg", "image/svg+xml", 600, 7);
  const one = bench.files.publish(course(1, [makeStep("a")], [shared, own]));
  const other = bench.files.publish(course(2, [makeStep("a")], [shared]));
  await bench.downloads.want([one, other]);
  await bench.downloads.remove(one);
  const { entries } = await bench.media();
  assert.equal(entries.has(own.url), false);
  assert.equal(entries.has(shared.url), true);
  assert.equal(bench.now(other)?.state, "ready");
  await bench.downloads.want([one, other]);
  assert.equal(bench.now(one)?.state, "absent");
});

test("what a person may no longer see is deleted; an older version keeps its text and loses its files", async () => {
  const bench = makeBench();
  const { hash, picture } = withFilm(bench);
  await bench.downloads.want([hash]);
  await bench.downloads.retire([], [hash]);
  assert.equal((await bench.media()).entries.has(picture.url), false);
  assert.equal(await bench.store.withDatabase((db) => db.count("documents")), 1);
  await bench.downloads.retire([hash], []);
  assert.equal(await bench.store.withDatabase((db) => db.count("documents")), 0);
});

test("the programme's courses and the next departure are wanted by themselves", () => {
  assert.deepEqual(wantedHashes(see(world())), ["tour-v1", "doc-v1"]);
});

test("with nothing due one open course comes by itself, and with something due none does", () => {
  const open = (rows: Snapshot["replica"]) =>
    rows.map((one) =>
      one.id === COURSE && one.entity === "catalogue_entry" ? { ...one, data: entry({ is_open: true }) } : one,
    );
  const free = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  assert.deepEqual(wantedHashes(see(world({ replica: free }))), ["tour-v1"]);
  assert.deepEqual(wantedHashes(see(world({ replica: open(free) }))), ["tour-v1", "doc-v1"]);
});

test("what somebody is in the middle of comes to a new phone by itself, and what they have finished does not", () => {
  const free = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  const begun = [...free, fact("a")];
  assert.deepEqual(wantedHashes(see(world({ replica: begun }))), ["tour-v1", "doc-v1"]);
  const all = { ...courseEnrolment, completed_version: 1, completed_at: "2026-11-22T08:00:00.000Z" };
  assert.deepEqual(wantedHashes(see(world({ replica: [...begun, row("enrolment", COURSE, all)] }))), ["tour-v1"]);
});

test("a document whose catalogue entry is gone is retired, and one of an old version is old", () => {
  const documents = new Map(world().documents.map(({ hash, document }) => [hash, document]));
  documents.set("doc-v0", course(0));
  assert.deepEqual(retiredHashes(see(world()), documents), { gone: [], old: ["doc-v0"] });
  const blind = world({ replica: world().replica.filter(({ entity }) => entity !== "catalogue_entry") });
  assert.deepEqual(retiredHashes(see(blind), documents).gone, ["doc-v1", "doc-v0"]);
});

test("a file that two documents share is forgotten with the last of them", () => {
  const file = { url: "/media/x.svg", hash: "x", type: "image/svg+xml", bytes: 1 };
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
