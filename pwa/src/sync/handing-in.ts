// Sealed boxes on their way: each goes up with the ticket that lies inside it, whoever is signed in, or nobody.
import type { SealedTaken } from "../protocol.gen.ts";
import { type BoxRow, dropBox, keepBoxes, listBoxes } from "../storage/boxes.ts";
import type { Refused, Transport } from "./transport.ts";

export interface HandingPorts {
  transport: Transport;
  now(): number;
  locks: Pick<LockManager, "request"> | null;
}
export interface Handed {
  /** boxes that are still to be tried */
  left: number;
  /** what the server asked for */
  retryAfterS: number | null;
}

/** `refusedToo`: also what the server would not have before, for its person may just have signed in. */
export async function handIn(ports: HandingPorts, refusedToo: boolean): Promise<Handed> {
  if (!ports.locks) return handInAll(ports, refusedToo);
  return ports.locks.request("rundtur-boxes", () => handInAll(ports, refusedToo));
}

async function handInAll(ports: HandingPorts, refusedToo: boolean): Promise<Handed> {
  const rows = (await listBoxes()).filter(({ refused }) => refusedToo || !refused);
  for (const [n, row] of rows.entries()) {
    const answer = await handOver(row, ports);
    if (answer.ok) await dropBox(row.id);
    else if (isFinal(answer)) await keepBoxes([{ ...row, refused: true }]);
    else return { left: rows.length - n, retryAfterS: answer.retryAfterS };
  }
  return { left: 0, retryAfterS: null };
}

function handOver({ sealed }: BoxRow, { transport, now }: HandingPorts) {
  const body = { protocol: 1, sent_at: new Date(now()).toISOString(), ...sealed };
  return transport({ method: "POST", url: "/api/sync/sealed", body, read: readTaken });
}

function readTaken(body: unknown): SealedTaken | null {
  const answer = body as SealedTaken | null;
  return answer?.protocol === 1 && typeof answer.taken === "number" ? answer : null;
}

/** Nothing is thrown away: what the server will not have waits for its person. */
function isFinal({ why }: Refused): boolean {
  switch (why) {
    case "offline":
    case "server":
    case "busy":
    case "upgrade":
      return false;
    case "signed_out":
    case "disabled":
    case "wrong_person":
    case "erased":
    case "too_large":
    case "malformed":
      return true;
    default:
      return why satisfies never;
  }
}
