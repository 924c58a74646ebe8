// Takes one text or one file from the network into the phone, and trusts only bytes that it has verified.
import type { Document } from "../model/snapshot.ts";
import {
  CHUNK,
  chunkBytes,
  chunkCount,
  chunkHash,
  chunksMissing,
  type FileShape,
  finish,
  isChunked,
  keepChunk,
  keepWhole,
} from "../storage/media.ts";
import { contentUrl } from "./plan.ts";

export interface FetchPorts {
  fetch(url: string, init: RequestInit): Promise<Response>;
  signal: AbortSignal;
  setTimer(act: () => void, ms: number): () => void;
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
/** So long without a byte is no network: behind what hangs, everything else would wait. */
const STALL_MS = 30_000;

export async function fetchText(hash: string, ports: FetchPorts): Promise<Document> {
  const { bytes } = await ask(contentUrl(hash), ports, {});
  await verify(bytes, hash);
  return JSON.parse(new TextDecoder().decode(bytes)) as Document;
}

/** The next piece of it: a small file whole, of sound and film one chunk, and with the last one the mark. */
export async function fetchPiece(
  cache: Cache,
  file: FileShape,
  here: ReadonlySet<string>,
  ports: FetchPorts,
): Promise<void> {
  if (!isChunked(file)) return fetchWhole(cache, file, ports);
  const [index, ...later] = chunksMissing(file, here);
  const hasAll = index === undefined || (await fetchChunk(cache, file, index, ports));
  if (hasAll || later.length === 0) await finish(cache, file);
}

async function fetchWhole(cache: Cache, file: FileShape, ports: FetchPorts): Promise<void> {
  const { bytes } = await ask(file.url, ports, {});
  await verify(bytes, file.hash);
  await keepWhole(cache, file, bytes);
}

/** True where more came than was asked: a proxy that does not know Range sends the whole file. */
async function fetchChunk(cache: Cache, file: FileShape, index: number, ports: FetchPorts): Promise<boolean> {
  const from = index * CHUNK;
  const to = from + chunkBytes(file.bytes, index) - 1;
  const { status, bytes } = await ask(file.url, ports, { Range: `bytes=${from}-${to}` });
  if (status === 206) {
    await verify(bytes, chunkHash(file, index));
    await keepChunk(cache, file, index, bytes);
    return false;
  }
  for (let each = 0; each < chunkCount(file.bytes); each++) {
    const chunk = bytes.slice(each * CHUNK, (each + 1) * CHUNK);
    await verify(chunk, chunkHash(file, each));
    await keepChunk(cache, file, each, chunk);
  }
  return true;
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
    ports.signal.throwIfAborted();
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
