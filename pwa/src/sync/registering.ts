// The server must know a device before it takes its operations; registering twice changes nothing. The phone says for
// whom it speaks: the session may be another person's by now, whose device this must not become.
import type { PersonStore } from "../storage/database.ts";
import { knowDevice, markRegistered, renewDevice } from "../storage/device.ts";
import type { Keepsake } from "../storage/keepsake.ts";
import { keepTicket, wantsTicket } from "../storage/ticket.ts";
import { registerDevice } from "./session.ts";
import type { Refused, Transport } from "./transport.ts";

/** An Android also calls itself Linux, and every browser also calls itself those that came before it. */
const KINDS = ["iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"];
const BROWSERS = ["Firefox", "Edg", "SamsungBrowser", "Chrome", "Safari"];

/** "Android Chrome": the same from the page and from its worker, whichever comes first. */
export function labelOf(userAgent: string): string {
  return [KINDS, BROWSERS].flatMap((names) => names.find((name) => userAgent.includes(name)) ?? []).join(" ");
}

/** `nowMs`: an upload ticket is asked for too, where it is time. */
export async function ensureRegistered(
  store: PersonStore,
  transport: Transport,
  keepsake: Keepsake | null,
  label: string,
  nowMs: number,
): Promise<Refused | null> {
  for (let tries = 0; ; tries++) {
    const device = await knowDevice(store, keepsake);
    const wants_ticket = wantsTicket(device, nowMs);
    if (device.registered && !wants_ticket) return null;
    const answer = await registerDevice(transport, {
      device_id: device.deviceId,
      label,
      person_id: store.personId,
      numbered_after: device.numberedAfter,
      lost_through: device.lostThrough,
      wants_ticket,
    });
    if (answer.ok) {
      if (wants_ticket) await keepTicket(store, answer.value.ticket ?? null, nowMs);
      await markRegistered(store, device.lostThrough, answer.value.missing);
      return null;
    }
    // Known already: without a new ticket the exchange goes on, and says itself what is wrong.
    if (device.registered) return null;
    if (answer.code !== "device_taken" || tries > 0) return answer;
    await renewDevice(store);
  }
}
