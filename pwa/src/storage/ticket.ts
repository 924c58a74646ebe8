// The upload ticket of this installation: asked for while somebody is signed in, and kept in that person's own database.
import type { UploadTicket } from "../protocol.gen.ts";
import { openPersonHere, type PersonStore, readMeta, writeMeta } from "./database.ts";
import type { Device } from "./device.ts";
import type { Ticket } from "./schema.ts";

export type { Ticket };

const DAY_MS = 86_400_000;
/** Renewed weekly, of 45 days: what is sealed has at least five weeks, and one that was revoked heals by itself. */
const OLD_MS = 38 * DAY_MS;

/** At most once a day: a server that gives none is not asked with every exchange. */
export function wantsTicket({ ticket }: Device, nowMs: number): boolean {
  return ticket.expiresMs - nowMs < OLD_MS && Math.abs(nowMs - ticket.askedMs) >= DAY_MS;
}

export async function keepTicket(store: PersonStore, given: UploadTicket | null, nowMs: number): Promise<void> {
  await store.write(["meta"], async (tx) => {
    await writeMeta(tx, "ticket_asked_ms", nowMs);
    if (!given) return;
    const { secret, key_id, key } = given;
    await writeMeta(tx, "ticket", { secret, expires_ms: Date.parse(given.expires_at), key_id, key });
  });
}

/** Null where there is none, or one that is over. */
export async function readTicket(store: PersonStore, nowMs: number): Promise<Ticket | null> {
  const ticket = await store.read(["meta"], (tx) => readMeta(tx, "ticket"));
  return ticket && ticket.expires_ms > nowMs ? ticket : null;
}

/** They have just signed in: a new password may have ended the ticket of before. Never in the way of signing in. */
export async function forgetTicketOf(personId: string): Promise<void> {
  const store = openPersonHere(personId);
  await store
    .write(["meta"], async (tx) => {
      await tx.objectStore("meta").delete("ticket");
      await tx.objectStore("meta").delete("ticket_asked_ms");
    })
    .catch(() => undefined);
  store.close();
}
