import assert from "node:assert/strict";
import { test } from "node:test";
import { CHUNK, finish, keepChunk, keepWhole, MEDIA_CACHE } from "../../pwa/src/storage/media.ts";
import { mediaResponse } from "../../service_worker/media-response.ts";
import { parseRange } from "../../service_worker/range.ts";
import { routeOf } from "../../service_worker/routing.ts";
import { forgetOldShells, installShell, shellFile, shellPage } from "../../service_worker/shell.ts";
import { FakeCaches } from "./support/fake-caches.ts";

const ORIGIN = "http://phone";
const ask = (path: string, range?: string) => new Request(ORIGIN + path, range ? { headers: { Range: range } } : {});
const film = { url: "/media/film.mp4", hash: "", type: "video/mp4", bytes: CHUNK + 10, chunks: null };

async function withFilm(): Promise<CacheStorage> {
  const caches = new FakeCaches() as unknown as CacheStorage;
  const cache = await caches.open(MEDIA_CACHE);
  const bytes = new Uint8Array(film.bytes).map((_, n) => n % 251);
  await keepChunk(cache, film, 0, bytes.slice(0, CHUNK).buffer);
  await keepChunk(cache, film, 1, bytes.slice(CHUNK).buffer);
  await finish(cache, film);
  return caches;
}
async function read(response: Response): Promise<number[]> {
  return [...new Uint8Array(await response.arrayBuffer())];
}

test("a seek across two chunks gives exactly the bytes that were asked", async () => {
  const response = await mediaResponse(await withFilm(), ask(film.url, `bytes=${CHUNK - 2}-${CHUNK + 1}`));
  assert.equal(response.status, 206);
  assert.equal(response.headers.get("Content-Range"), `bytes ${CHUNK - 2}-${CHUNK + 1}/${film.bytes}`);
  assert.equal(response.headers.get("Content-Length"), "4");
  const expected = [CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 1].map((n) => n % 251);
  assert.deepEqual(await read(response), expected);
});

test("no range gives the whole film, as 200", async () => {
  const response = await mediaResponse(await withFilm(), ask(film.url));
  assert.equal(response.status, 200);
  assert.equal((await read(response)).length, film.bytes);
});

test("a player's first question, bytes=0-1, and the last bytes of a file are answered", async () => {
  const caches = await withFilm();
  assert.deepEqual(await read(await mediaResponse(caches, ask(film.url, "bytes=0-1"))), [0, 1]);
  assert.equal((await read(await mediaResponse(caches, ask(film.url, "bytes=-3")))).length, 3);
});

test("behind the end is 416, with the size", async () => {
  const response = await mediaResponse(await withFilm(), ask(film.url, `bytes=${film.bytes}-`));
  assert.equal(response.status, 416);
  assert.equal(response.headers.get("Content-Range"), `bytes */${film.bytes}`);
});

test("a film that is not whole is not answered from its chunks", async (t) => {
  const caches = new FakeCaches() as unknown as CacheStorage;
  await keepChunk(await caches.open(MEDIA_CACHE), film, 0, new ArrayBuffer(CHUNK));
  t.mock.method(globalThis, "fetch", async () => new Response("from the network"));
  assert.equal(await (await mediaResponse(caches, ask(film.url))).text(), "from the network");
});

test("a small file is answered whole and by range", async () => {
  const caches = new FakeCaches() as unknown as CacheStorage;
  const picture = { url: "/media/p.svg", hash: "", type: "image/svg+xml", bytes: 5, chunks: null };
  await keepWhole(await caches.open(MEDIA_CACHE), picture, new Uint8Array([1, 2, 3, 4, 5]).buffer);
  assert.deepEqual(await read(await mediaResponse(caches, ask(picture.url))), [1, 2, 3, 4, 5]);
  const part = await mediaResponse(caches, ask(picture.url, "bytes=1-2"));
  assert.equal(part.status, 206);
  assert.deepEqual(await read(part), [2, 3]);
});

test("a drawing out of the cache runs nothing where it is opened as a page", async () => {
  const caches = new FakeCaches() as unknown as CacheStorage;
  const drawing = { url: "/media/p.svg", hash: "", type: "image/svg+xml", bytes: 5, chunks: null };
  await keepWhole(await caches.open(MEDIA_CACHE), drawing, new Uint8Array(5).buffer);
  const { headers } = await mediaResponse(caches, ask(drawing.url));
  assert.match(headers.get("Content-Security-Policy") ?? "", /default-src 'none'.*sandbox/);
});

test("with no network and nothing cached there is still a response", async (t) => {
  t.mock.method(globalThis, "fetch", async () => {
    throw new TypeError("network");
  });
  const caches = new FakeCaches() as unknown as CacheStorage;
  for (const response of [
    await mediaResponse(caches, ask("/media/none.svg")),
    await shellPage(caches, "1", ask("/learn/x")),
    await shellFile(caches, "1", ask("/static/x.js")),
  ]) {
    assert.equal(response.status, 504);
  }
});

for (const [language, sentence] of [
  ["sv-SE", "Ingen täckning. Det här finns inte på telefonen än."],
  ["en-GB", "No coverage. This is not on the phone yet."],
  ["fi", "Ingen täckning. Det här finns inte på telefonen än."],
] as const) {
  test(`what is not on the phone is said in the browser's language (${language})`, async (t) => {
    t.mock.method(globalThis, "fetch", async () => Promise.reject(new TypeError("network")));
    t.mock.getter(navigator, "language", () => language);
    const caches = new FakeCaches() as unknown as CacheStorage;
    assert.equal(await (await shellPage(caches, "1", ask("/learn/x"))).text(), sentence);
  });
}

test("ranges are read as players write them", () => {
  assert.deepEqual(parseRange("bytes=0-", 10), { from: 0, to: 9 });
  assert.deepEqual(parseRange("bytes=2-99", 10), { from: 2, to: 9 });
  assert.deepEqual(parseRange("bytes=-99", 10), { from: 0, to: 9 });
  assert.equal(parseRange("bytes=10-", 10), "unsatisfiable");
  for (const odd of [null, "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1"])
    assert.equal(parseRange(odd, 10), null);
});

test("every page of the app is the shell; the office, the API and texts are the server's", () => {
  const route = (path: string, mode: RequestMode = "navigate") =>
    routeOf({ method: "GET", mode, url: ORIGIN + path }, ORIGIN);
  for (const page of ["/", "/learn/valkommen", "/site/x", "/me", "/sign-in"]) assert.equal(route(page), "page");
  for (const theirs of [
    "/office/",
    "/office",
    "/office/board",
    "/api/sync",
    "/scim/v2/Users",
    "/content/abc",
    "/sw.js",
  ]) {
    assert.equal(route(theirs), "network");
  }
  assert.equal(route("/media/x.mp4", "no-cors"), "media");
  assert.equal(route("/static/dist/app.js", "no-cors"), "file");
  assert.equal(routeOf({ method: "POST", mode: "cors", url: `${ORIGIN}/` }, ORIGIN), "network");
  assert.equal(routeOf({ method: "GET", mode: "cors", url: "http://else/" }, ORIGIN), "network");
});

const shellOf = (version: string) => [
  { url: "/", revision: version },
  { url: "/static/font.woff2", revision: null },
  { url: `/static/app.${version}.js`, revision: null },
];
function network(t: { mock: { method: typeof import("node:test").mock.method } }): string[] {
  const asked: string[] = [];
  t.mock.method(
    globalThis,
    "Request",
    class extends Request {
      constructor(url: string, init?: RequestInit) {
        super(new URL(url, ORIGIN), init);
      }
    },
  );
  t.mock.method(globalThis, "fetch", async (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return new Response(`${new URL(request.url).pathname} of now`);
  });
  return asked;
}

test("a new version takes over files that did not change, and fetches the page anew", async (t) => {
  const asked = network(t);
  const caches = new FakeCaches() as unknown as CacheStorage;
  await installShell(caches, "1", shellOf("1"));
  asked.length = 0;
  await installShell(caches, "2", shellOf("2"));
  assert.deepEqual(asked.sort(), ["/", "/static/app.2.js"]);
});

test("the version that was in use before stays for its open pages; older ones go", async (t) => {
  network(t);
  const caches = new FakeCaches() as unknown as CacheStorage;
  await installShell(caches, "1", shellOf("1"));
  await forgetOldShells(caches, "1");
  await installShell(caches, "2", shellOf("2")); // waits, and is never activated
  await installShell(caches, "3", shellOf("3"));
  await forgetOldShells(caches, "3");
  assert.equal(await (await shellFile(caches, "3", ask("/static/app.1.js"))).text(), "/static/app.1.js of now");
  assert.deepEqual(
    (await caches.keys()).filter((name) => name.startsWith("rundtur-shell-")),
    ["rundtur-shell-1", "rundtur-shell-3"],
  );
  await installShell(caches, "4", shellOf("4"));
  await forgetOldShells(caches, "4");
  assert.equal(await caches.has("rundtur-shell-1"), false);
});

test("a version whose files cannot all be had is not installed", async (t) => {
  network(t);
  t.mock.method(globalThis, "fetch", async () => new Response("busy", { status: 503 }));
  await assert.rejects(installShell(new FakeCaches() as unknown as CacheStorage, "1", shellOf("1")));
});
