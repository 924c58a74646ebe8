import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { createDownloads, type Downloads } from "../../pwa/src/downloads/downloader.ts";
import type { DownloadState, Network } from "../../pwa/src/downloads/plan.ts";
import type { Estimate } from "../../pwa/src/downloads/room.ts";
import type { CourseDocument, Medium } from "../../pwa/src/protocol.gen.ts";
import { openPerson, type PersonStore } from "../../pwa/src/storage/database.ts";
import { CHUNK, MEDIA_CACHE } from "../../pwa/src/storage/media.ts";
import { course, makeStep } from "./support/cast.ts";
import { type FakeCache, FakeCaches } from "./support/fake-caches.ts";
import { Time } from "./support/phone.ts";

const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** As the server counts them: none of a file that is one chunk. */
function chunkHashes(bytes: Uint8Array): string[] | null {
  const count = Math.ceil(bytes.length / CHUNK);
  return count > 1 ? Array.from({ length: count }, (_, n) => sha(bytes.slice(n * CHUNK, (n + 1) * CHUNK))) : null;
}

/** A server of texts and files, that counts what it is asked, and can be cut off. */
class Files {
  bodies = new Map<string, Uint8Array<ArrayBuffer>>();
  asked: string[] = [];
  cutAfter = Number.POSITIVE_INFINITY;
  portal = false;
  /** the network is there and brings nothing */
  hangs = false;
  ranges = true;
  onAsked = (_url: string) => {};

  add(ending: string, type: string, size: number, seed = 1): Medium {
    const bytes = new Uint8Array(size).map((_, n) => (n * seed) % 251);
    const hash = sha(bytes);
    const url = `/media/${hash}.${ending}`;
    this.bodies.set(url, bytes);
    return { url, hash, type, bytes: size, chunks: chunkHashes(bytes) };
  }
  publish(document: CourseDocument): string {
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    this.bodies.set(`/content/${sha(bytes)}`, bytes);
    return sha(bytes);
  }
  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const range = (init.headers as Record<string, string>).Range;
    this.asked.push(range ? `${url} ${range}` : url);
    this.onAsked(this.asked.at(-1) ?? "");
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

const rangeOf = (film: Medium, index: number) =>
  `${film.url} bytes=${index * CHUNK}-${Math.min(film.bytes, (index + 1) * CHUNK) - 1}`;

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
  assert.equal(bench.now(hash)?.state, "interrupted");
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
  assert.equal(bench.now(hash)?.state, "interrupted");
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

test("of a film that came wrong only the wrong chunk is fetched again", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  const right = bench.files.bodies.get(film.url) ?? new Uint8Array();
  bench.files.bodies.set(
    film.url,
    right.map((byte, at) => (at === CHUNK ? byte + 1 : byte)),
  );
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "interrupted");
  assert.equal(bench.now(hash)?.doneBytes, 1_000 + CHUNK);
  bench.files.bodies.set(film.url, right);
  bench.files.asked = [];
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "ready");
  assert.deepEqual(bench.files.asked, [rangeOf(film, 1), rangeOf(film, 2)]);
});

test("a film that began on Wi-Fi does not go on by mobile data, and does when Wi-Fi is back", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  bench.files.onAsked = (url) => {
    if (url === rangeOf(film, 0)) bench.network = "metered";
  };
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "waiting_for_wifi");
  assert.equal(bench.now(hash)?.doneBytes, 1_000 + CHUNK);
  bench.network = "unmetered";
  bench.downloads.networkChanged();
  await until(() => bench.now(hash)?.state === "ready");
});

test("room is asked for what is still to come, not for what is here", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  bench.files.cutAfter = 4; // text, picture, two chunks
  await bench.downloads.want([hash]);
  bench.files.cutAfter = Number.POSITIVE_INFINITY;
  bench.room = { usage: 0, quota: film.bytes - 2 * CHUNK };
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.missingBytes, Math.ceil((film.bytes - 2 * CHUNK) * 0.2));
  bench.room = { usage: 0, quota: (film.bytes - 2 * CHUNK) * 2 };
  await bench.downloads.want([hash]);
  assert.equal(bench.now(hash)?.state, "ready");
});

test("deleted in the middle of a chunk, nothing of the film is left", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  let removed: Promise<void> | null = null;
  bench.files.onAsked = (url) => {
    bench.files.hangs = url === rangeOf(film, 1);
    if (bench.files.hangs) removed = bench.downloads.remove(hash);
  };
  await bench.downloads.want([hash]);
  await removed;
  assert.deepEqual([...(await bench.media()).entries.keys()], []);
  assert.ok(!bench.files.asked.includes(rangeOf(film, 2)));
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

test("half a film of an older version is given up, and its chunks go when the newer text is here", async () => {
  const bench = makeBench();
  const { hash, film } = withFilm(bench);
  bench.network = "unmetered";
  let retired: Promise<void> | null = null;
  bench.files.onAsked = (url) => {
    bench.files.hangs = url === rangeOf(film, 1);
    if (bench.files.hangs) retired = bench.downloads.retire({ gone: [], old: [hash], spent: [] });
  };
  await bench.downloads.want([hash]);
  await retired;
  assert.ok((await bench.media()).entries.has(`${film.url}?chunk=0`));
  await bench.downloads.retire({ gone: [], old: [hash], spent: [hash] });
  assert.deepEqual([...(await bench.media()).entries.keys()], []);
  assert.ok(!bench.files.asked.includes(rangeOf(film, 2)));
  assert.equal(await bench.store.withDatabase((db) => db.count("documents")), 1);
});

test("what a person may no longer see is deleted; an older version keeps its text and loses its files", async () => {
  const bench = makeBench();
  const { hash, picture } = withFilm(bench);
  await bench.downloads.want([hash]);
  await bench.downloads.retire({ gone: [], old: [hash], spent: [hash] });
  assert.equal((await bench.media()).entries.has(picture.url), false);
  assert.equal(await bench.store.withDatabase((db) => db.count("documents")), 1);
  await bench.downloads.retire({ gone: [hash], old: [], spent: [] });
  assert.equal(await bench.store.withDatabase((db) => db.count("documents")), 0);
});
