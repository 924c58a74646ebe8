// Answers /media/…: from chunks (a seek reads one, not the film), from a whole file, else from the network.
import { chunkUrl, MEDIA_CACHE, type MediaMeta, metaUrl } from "../pwa/src/storage/media.ts";
import { parseRange, type Span } from "./range.ts";
import { fromNetwork } from "./shell.ts";

export async function mediaResponse(caches: CacheStorage, request: Request): Promise<Response> {
  try {
    const url = new URL(request.url).pathname;
    const cache = await caches.open(MEDIA_CACHE);
    const range = request.headers.get("Range");
    const meta = await cache.match(metaUrl(url));
    if (meta) return fromChunks(cache, url, (await meta.json()) as MediaMeta, range);
    const whole = await cache.match(url);
    if (whole) return await fromWhole(whole, range);
  } catch {
    // a cache that cannot be read is as good as none
  }
  return fromNetwork(request);
}

function fromChunks(cache: Cache, url: string, meta: MediaMeta, range: string | null): Response {
  const span = parseRange(range, meta.size);
  if (span === "unsatisfiable") return unsatisfiable(meta.size);
  const { from, to } = span ?? { from: 0, to: meta.size - 1 };
  let at = from;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at > to) return controller.close();
        const index = Math.floor(at / meta.chunk);
        const start = index * meta.chunk;
        const chunk = await cache.match(chunkUrl(url, index));
        if (!chunk) return controller.error(new Error(`chunk ${index} is missing`));
        const end = Math.min(to + 1, start + meta.chunk);
        const bytes = new Uint8Array(await chunk.arrayBuffer()).subarray(at - start, end - start);
        at = end;
        controller.enqueue(bytes);
        if (at > to) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return answer(body, meta.type, meta.size, span);
}

async function fromWhole(whole: Response, range: string | null): Promise<Response> {
  if (range === null) return whole;
  const bytes = await whole.arrayBuffer();
  const type = whole.headers.get("Content-Type") ?? "application/octet-stream";
  const span = parseRange(range, bytes.byteLength);
  if (span === "unsatisfiable") return unsatisfiable(bytes.byteLength);
  return answer(span ? bytes.slice(span.from, span.to + 1) : bytes, type, bytes.byteLength, span);
}

function answer(body: BodyInit, type: string, size: number, span: Span | null): Response {
  const length = span ? span.to - span.from + 1 : size;
  const headers = new Headers({ "Content-Type": type, "Accept-Ranges": "bytes", "Content-Length": String(length) });
  if (span) headers.set("Content-Range", `bytes ${span.from}-${span.to}/${size}`);
  return new Response(body, { status: span ? 206 : 200, headers });
}

function unsatisfiable(size: number): Response {
  return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${size}` } });
}
