// Who signs out with acts that only this phone knows of leaves them sealed (SYNC §6.8). The rest of them is then wiped.
import { isAct } from "../model/overlay.ts";
import type { SealedContents } from "../protocol.gen.ts";
import { type BoxRow, keepBoxes } from "../storage/boxes.ts";
import { type PersonStore, readMeta } from "../storage/database.ts";
import type { OutboxRow } from "../storage/schema.ts";
import { readTicket, type Ticket } from "../storage/ticket.ts";
import { MOST } from "../sync/exchange.ts";
import { seal } from "../sync/sealing.ts";

/** Sealed and in base64 it stays well below the server's 256 KiB. */
const MOST_BYTES = 96 * 1_024;

/** False, and nothing is sealed, where this phone has no ticket: then its person has to stay. */
export async function sealOutbox(store: PersonStore, appVersion: string, nowMs: number): Promise<boolean> {
  const ticket = await readTicket(store, nowMs);
  if (!ticket || !globalThis.crypto?.subtle) return false;
  const { rows, deviceId } = await readWaiting(store);
  if (!deviceId) return false;
  const boxes = await Promise.all(
    inBoxes(rows).map(async (part): Promise<BoxRow> => {
      const contents = contentsOf(part, ticket, store.personId, deviceId, appVersion);
      const acts = part.filter(({ op }) => isAct(op)).length;
      return { id: crypto.randomUUID(), acts, sealed: await seal(contents, ticket), refused: false };
    }),
  );
  await keepBoxes(boxes);
  return true;
}

async function readWaiting(store: PersonStore): Promise<{ rows: OutboxRow[]; deviceId: string | undefined }> {
  return store.read(["outbox", "meta"], async (tx) => ({
    rows: (await tx.objectStore("outbox").getAll()).filter(({ outcome }) => outcome === null),
    deviceId: await readMeta(tx, "device_id"),
  }));
}

/** In their order, as many together as an exchange may hold. */
export function inBoxes(rows: readonly OutboxRow[]): OutboxRow[][] {
  const words = new TextEncoder();
  const boxes: OutboxRow[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const weight = words.encode(JSON.stringify(row.op)).length;
    const last = boxes.at(-1);
    if (last && last.length < MOST && bytes + weight <= MOST_BYTES) {
      last.push(row);
      bytes += weight;
    } else {
      boxes.push([row]);
      bytes = weight;
    }
  }
  return boxes;
}

function contentsOf(
  rows: readonly OutboxRow[],
  { secret }: Ticket,
  person_id: string,
  device_id: string,
  app_version: string,
): SealedContents {
  // Frozen when they entered the outbox: they go as they are.
  const operations = rows.map(({ op }) => op) as unknown as SealedContents["operations"];
  return { ticket: secret, person_id, device_id, app_version, operations };
}
