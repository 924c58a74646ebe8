// One installation is one device, with a seq that never repeats. Both are also kept beside IndexedDB: when the database
// is gone and the keepsake is not, the device goes on with its next seq, and the hole tells the server what was lost.
import { type PersonStore, readMeta, writeMeta } from "./database.ts";
import type { Keepsake } from "./keepsake.ts";

export interface Device {
  deviceId: string;
  registered: boolean;
  /** the first of its own numbers comes after this one */
  numberedAfter: number;
  /** registrations up to this number were made on this phone, and its database has forgotten them; 0: none, or it is told */
  lostThrough: number;
  /** until when its upload ticket holds, and when the server was asked for one; 0: never */
  ticket: { expiresMs: number; askedMs: number };
}

export async function knowDevice(store: PersonStore, keepsake: Keepsake | null): Promise<Device> {
  const kept = readKept(store.personId, keepsake);
  const device = await store.write(["meta"], async (tx) => {
    const deviceId = await readMeta(tx, "device_id");
    const numberedAfter = (await readMeta(tx, "numbered_after")) ?? 0;
    const ticket = {
      expiresMs: (await readMeta(tx, "ticket"))?.expires_ms ?? 0,
      askedMs: (await readMeta(tx, "ticket_asked_ms")) ?? 0,
    };
    if (deviceId) {
      const registered = (await readMeta(tx, "device_registered")) ?? false;
      const lostThrough = (await readMeta(tx, "lost_through")) ?? 0;
      return { deviceId, registered, numberedAfter, lostThrough, ticket };
    }
    const made = kept?.deviceId ?? crypto.randomUUID();
    await writeMeta(tx, "device_id", made);
    const lastSeq = (await readMeta(tx, "last_seq")) ?? 0;
    await writeMeta(tx, "last_seq", Math.max(lastSeq, kept?.lastSeq ?? 0));
    const lostThrough = kept && kept.lastSeq > lastSeq ? kept.lastSeq : 0;
    if (lostThrough > 0) await writeMeta(tx, "lost_through", lostThrough);
    return { deviceId: made, registered: false, numberedAfter, lostThrough, ticket };
  });
  keepsake?.set(`device.${store.personId}`, device.deviceId);
  return device;
}

/**
 * This id is somebody else's (a copied profile). The new one goes on with the same seq: an operation is frozen with its
 * number, and what lies here keeps its place. The server is told where the new one's numbers begin, and misses none before.
 */
export async function renewDevice(store: PersonStore): Promise<void> {
  await store.write(["outbox", "meta"], async (tx) => {
    const waiting = (await tx.objectStore("outbox").getAll()).find(({ outcome }) => outcome === null);
    await writeMeta(tx, "numbered_after", waiting ? waiting.seq - 1 : ((await readMeta(tx, "last_seq")) ?? 0));
    await writeMeta(tx, "device_id", crypto.randomUUID());
    await writeMeta(tx, "device_registered", false);
    // The ticket was the old one's.
    await tx.objectStore("meta").delete("ticket");
    await tx.objectStore("meta").delete("ticket_asked_ms");
    await writeMeta(tx, "lost_through", 0); // it was the old one's to tell
  });
}

/** The server knows the device, and has said what it misses of one that has lost its store. */
export async function markRegistered(store: PersonStore, lostThrough: number, missing: unknown[][]): Promise<void> {
  await store.write(["meta"], async (tx) => {
    await writeMeta(tx, "device_registered", true);
    if (lostThrough === 0) return;
    await writeMeta(tx, "missing", missing as [number, number][]);
    await writeMeta(tx, "lost_through", 0);
  });
}

export function rememberSeq(personId: string, seq: number, keepsake: Keepsake | null): void {
  const known = Number(keepsake?.get(`seq.${personId}`) ?? 0);
  if (seq > known) keepsake?.set(`seq.${personId}`, String(seq));
}

export function readKept(personId: string, keepsake: Keepsake | null): { deviceId: string; lastSeq: number } | null {
  const deviceId = keepsake?.get(`device.${personId}`);
  return deviceId ? { deviceId, lastSeq: Number(keepsake?.get(`seq.${personId}`) ?? 0) || 0 } : null;
}
