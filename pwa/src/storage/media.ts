// Files in Cache Storage: small ones whole under their URL, sound and film in chunks, so that a download can stop and go
// on, and a seek need not read the whole film (WebKit: 720 ms a seek from one entry, 14 ms from chunks).
export const MEDIA_CACHE = "rundtur-media-v1";
export const CHUNK = 2 * 1024 * 1024;
const DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export interface FileShape {
  url: string;
  hash: string;
  type: string;
  bytes: number;
  /** the hash of each chunk, in order; null: it is one chunk, known by the hash of the file */
  chunks: string[] | null;
}
/** Written last: the mark that every chunk is there. */
export interface MediaMeta {
  size: number;
  type: string;
  chunk: number;
}

export const metaUrl = (url: string): string => `${url}?meta`;
export const chunkUrl = (url: string, index: number): string => `${url}?chunk=${index}`;
export const chunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK));

export function isChunked({ type, bytes }: Pick<FileShape, "type" | "bytes">): boolean {
  return (type.startsWith("audio/") || type.startsWith("video/")) && bytes > 0;
}

/** Sound and film wait for Wi-Fi or a tap; pictures and captions come with the text. */
export function isHeavy({ type }: Pick<FileShape, "type">): boolean {
  return type.startsWith("audio/") || type.startsWith("video/");
}

/** Every path that is in the cache; one question instead of one a file. */
export async function listing(cache: Cache): Promise<Set<string>> {
  return new Set((await cache.keys()).map(({ url }) => pathOf(url)));
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url, "http://phone");
  return pathname + search;
}

/** How much of a file is here; after a kill the download goes on behind the chunks that are. */
export function bytesHere(file: FileShape, here: ReadonlySet<string>): number {
  if (!isChunked(file)) return here.has(file.url) ? file.bytes : 0;
  if (here.has(metaUrl(file.url))) return file.bytes;
  const chunks = chunksMissing(file, here);
  return file.bytes - chunks.reduce((total, index) => total + chunkBytes(file.bytes, index), 0);
}

export function isWhole(file: FileShape, here: ReadonlySet<string>): boolean {
  return here.has(isChunked(file) ? metaUrl(file.url) : file.url);
}

export function chunksMissing({ url, bytes }: FileShape, here: ReadonlySet<string>): number[] {
  return Array.from({ length: chunkCount(bytes) }, (_, index) => index).filter(
    (index) => !here.has(chunkUrl(url, index)),
  );
}

export function chunkBytes(bytes: number, index: number): number {
  return Math.min(CHUNK, bytes - index * CHUNK);
}

export function chunkHash({ hash, chunks }: FileShape, index: number): string {
  return chunks?.[index] ?? hash;
}

/** A 206 cannot be put into a cache: each chunk is a 200 of its own. */
export async function keepChunk(cache: Cache, file: FileShape, index: number, content: ArrayBuffer): Promise<void> {
  await cache.put(chunkUrl(file.url, index), new Response(content, { headers: { "Content-Type": file.type } }));
}

export async function finish(cache: Cache, file: FileShape): Promise<void> {
  const meta: MediaMeta = { size: file.bytes, type: file.type, chunk: CHUNK };
  await cache.put(metaUrl(file.url), new Response(JSON.stringify(meta)));
}

export async function keepWhole(cache: Cache, file: FileShape, content: ArrayBuffer): Promise<void> {
  const headers = new Headers({ "Content-Type": file.type, "Content-Length": String(content.byteLength) });
  // A drawing that is opened by its address is a page: as from the server, it runs nothing.
  if (file.type === "image/svg+xml") headers.set("Content-Security-Policy", DRAWING_POLICY);
  await cache.put(file.url, new Response(content, { headers }));
}

/** The mark goes first: a half-deleted film must not look whole. */
export async function forget(cache: Cache, file: FileShape): Promise<void> {
  await cache.delete(metaUrl(file.url));
  await cache.delete(file.url);
  if (!isChunked(file)) return;
  for (let index = 0; index < chunkCount(file.bytes); index++) await cache.delete(chunkUrl(file.url, index));
}

/** Room for an act is worth more than any film: all sound and film goes, text and pictures stay. */
export async function freeHeavyMedia(): Promise<boolean> {
  if (typeof caches === "undefined" || !(await caches.has(MEDIA_CACHE))) return false;
  const cache = await caches.open(MEDIA_CACHE);
  const keys = (await cache.keys()).filter(({ url }) => /\?(meta|chunk=\d+)$/.test(url));
  // Marks before chunks, for the same reason as above.
  const marksFirst = keys.sort((a, b) => Number(b.url.endsWith("?meta")) - Number(a.url.endsWith("?meta")));
  for (const key of marksFirst) await cache.delete(key);
  return keys.length > 0;
}
