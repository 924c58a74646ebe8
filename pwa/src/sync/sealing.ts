// Sealing: what only the server can open again (server/sync/sealing.py). A P-256 key of the box's own, HKDF-SHA256 and
// AES-256-GCM; the private half is forgotten at once, so that not even this phone can look inside.
import type { SealedContents } from "../protocol.gen.ts";
import { fromBase64Url, toBase64Url } from "../push/door.ts";
import type { Sealed } from "../storage/boxes.ts";
import type { Ticket } from "../storage/ticket.ts";

const INFO = "rundtur sealed box 1";
const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** A multiple of three, so that the pieces join without padding. */
const PIECE = 24_576;

export async function seal(contents: SealedContents, { key, key_id }: Ticket): Promise<Sealed> {
  const { subtle } = crypto;
  const words = new TextEncoder();
  const server = fromBase64Url(key);
  const own = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const point = new Uint8Array(await subtle.exportKey("raw", own.publicKey));
  const theirs = await subtle.importKey("raw", server, CURVE, false, []);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
  const salt = new Uint8Array([...point, ...server]);
  const stretched = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const aes = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info: words.encode(INFO) },
    stretched,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const plain = words.encode(JSON.stringify(contents));
  const text = await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: words.encode(key_id) }, aes, plain);
  return { key_id, point: toBase64Url(point), nonce: toBase64Url(nonce), text: inPieces(new Uint8Array(text)) };
}

function inPieces(bytes: Uint8Array): string {
  const count = Math.ceil(bytes.length / PIECE);
  return Array.from({ length: count }, (_, n) => toBase64Url(bytes.subarray(n * PIECE, (n + 1) * PIECE))).join("");
}
