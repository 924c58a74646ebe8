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

export async function fetchText(hash: string, ports: FetchPorts): Promise<Document> {
  const bytes = await (await ask(contentUrl(hash), ports, {})).arrayBuffer();
  await verify(bytes, hash);
  return JSON.parse(new TextDecoder().decode(bytes)) as Document;
}

export async function fetchFile(cache: Cache, file: FileShape, ports: FetchPorts): Promise<void> {
  if (isChunked(file)) return fetchChunks(cache, file, ports);
  const bytes = await (await ask(file.url, ports, {})).arrayBuffer();
  await verify(bytes, file.hash);
  await keepWhole(cache, file, bytes);
}

async function fetchChunks(cache: Cache, file: FileShape, ports: FetchPorts): Promise<void> {
  for (const index of chunksMissing(file, await listing(cache))) {
    const from = index * CHUNK;
    const to = from + chunkBytes(file.bytes, index) - 1;
    const response = await ask(file.url, ports, { Range: `bytes=${from}-${to}` });
    const bytes = await response.arrayBuffer();
    if (response.status === 200) {
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

async function ask(url: string, { fetch, signal }: FetchPorts, headers: Record<string, string>): Promise<Response> {
  const response = await fetch(url, { headers, signal, credentials: "same-origin" }).catch(() => {
    throw new NotFetched("network");
  });
  if (response.ok && !response.redirected) return response;
  if (response.status === 401) throw new NotFetched("signed_out");
  if (response.status === 403 || response.status === 404 || response.status === 410) throw new NotFetched("gone");
  throw new NotFetched("network");
}

/** A captive portal's page, or half a file, has another hash. */
async function verify(bytes: ArrayBuffer, hash: string): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== hash) throw new NotFetched("network");
}
