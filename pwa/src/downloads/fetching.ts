// Takes one text or one file from the network into the phone, and trusts only bytes that it has verified.
import type { Document } from "../model/snapshot.ts";
import {
  CHUNK,
  chunkBytes,
  chunkCount,
  chunksMissing,
  chunkUrl,
  type FileShape,
  finish,
  forget,
  isChunked,
  keepChunk,
  keepWhole,
  listing,
} from "../storage/media.ts";
import { contentUrl } from "./plan.ts";

export interface FetchPorts {
  fetch(url: string, init: RequestInit): Promise<Response>;
  signal: AbortSignal;
  setTimer(act: () => void, ms: number): () => void;
  /** called after each chunk */
  onProgress(): void;
}
/** gone: the server says that it is not there (any more); network: try again later. */
export class NotFetched extends Error {
  readonly why: "network" | "gone" | "signed_out";
  constructor(why: "network" | "gone" | "signed_out") {
    super(why);
    this.name = "NotFetched";
    this.why = why;
  }
}
/** Above this a file is not read whole into memory for its hash; its length and its chunks must do. */
const MOST_HASHED = 8 * 1024 * 1024;
/** So long without a byte is no network: behind what hangs, everything else would wait. */
const STALL_MS = 30_000;

export async function fetchText(hash: string, ports: FetchPorts): Promise<Document> {
  const { bytes } = await ask(contentUrl(hash), ports, {});
  await verify(bytes, hash);
  return JSON.parse(new TextDecoder().decode(bytes)) as Document;
}

export async function fetchFile(cache: Cache, file: FileShape, ports: FetchPorts): Promise<void> {
  if (isChunked(file)) return fetchChunks(cache, file, ports);
  const { bytes } = await ask(file.url, ports, {});
  await verify(bytes, file.hash);
  await keepWhole(cache, file, bytes);
}

async function fetchChunks(cache: Cache, file: FileShape, ports: FetchPorts): Promise<void> {
  for (const index of chunksMissing(file, await listing(cache))) {
    const from = index * CHUNK;
    const to = from + chunkBytes(file.bytes, index) - 1;
    const { status, bytes } = await ask(file.url, ports, { Range: `bytes=${from}-${to}` });
    if (status === 200) {
      await keepAll(cache, file, bytes); // a proxy that does not know Range sent the whole file
      break;
    }
    if (bytes.byteLength !== to - from + 1) throw new NotFetched("network");
    await keepChunk(cache, file, index, bytes);
    ports.onProgress();
  }
  await verifyChunks(cache, file);
  await finish(cache, file);
}

async function keepAll(cache: Cache, file: FileShape, bytes: ArrayBuffer): Promise<void> {
  if (bytes.byteLength !== file.bytes) throw new NotFetched("network");
  for (let index = 0; index < chunkCount(file.bytes); index++) {
    const from = index * CHUNK;
    await keepChunk(cache, file, index, bytes.slice(from, from + chunkBytes(file.bytes, index)));
  }
}

/** Wrong chunks are thrown away, so that the next try begins clean and not for ever at the same fault. */
async function verifyChunks(cache: Cache, file: FileShape): Promise<void> {
  if (file.bytes > MOST_HASHED) return;
  const whole = new Uint8Array(file.bytes);
  for (let index = 0; index < chunkCount(file.bytes); index++) {
    const chunk = await cache.match(chunkUrl(file.url, index));
    const bytes = new Uint8Array((await chunk?.arrayBuffer()) ?? new ArrayBuffer(0));
    if (bytes.byteLength === chunkBytes(file.bytes, index)) whole.set(bytes, index * CHUNK);
  }
  await verify(whole.buffer, file.hash).catch(async (error) => {
    await forget(cache, file);
    throw error;
  });
}

type Answer = { status: number; bytes: ArrayBuffer };

async function ask(url: string, ports: FetchPorts, headers: Record<string, string>): Promise<Answer> {
  const abort = new AbortController();
  const { signal } = abort;
  const end = () => abort.abort();
  ports.signal.addEventListener("abort", end);
  let stop = () => {};
  const waitOn = () => {
    stop();
    stop = ports.setTimer(end, STALL_MS);
  };
  waitOn();
  try {
    const response = await ports.fetch(url, { headers, signal, credentials: "same-origin" });
    refuse(response);
    return { status: response.status, bytes: await readAll(response, waitOn) };
  } catch (error) {
    throw error instanceof NotFetched ? error : new NotFetched("network");
  } finally {
    stop();
    ports.signal.removeEventListener("abort", end);
  }
}

function refuse({ ok, redirected, status }: Response): void {
  if (ok && !redirected) return;
  if (status === 401) throw new NotFetched("signed_out");
  throw new NotFetched(status === 403 || status === 404 || status === 410 ? "gone" : "network");
}

/** Piece by piece, so that a slow network that still brings something is not taken for a dead one. */
async function readAll({ body }: Response, onBytes: () => void): Promise<ArrayBuffer> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const reader = body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    pieces.push(next.value);
    onBytes();
  }
  return new Blob(pieces).arrayBuffer();
}

/** A captive portal's page, or half a file, has another hash. */
async function verify(bytes: ArrayBuffer, hash: string): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== hash) throw new NotFetched("network");
}
