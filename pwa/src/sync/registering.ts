// The server must know a device before it takes its operations; registering twice changes nothing.
import { type PersonStore, writeMeta } from "../storage/database.ts";
import { knowDevice, markRegistered } from "../storage/device.ts";
import type { Keepsake } from "../storage/keepsake.ts";
import { registerDevice } from "./session.ts";
import type { Refused, Transport } from "./transport.ts";

export async function ensureRegistered(
  store: PersonStore,
  transport: Transport,
  keepsake: Keepsake | null,
  label: string,
): Promise<Refused | null> {
  for (let tries = 0; ; tries++) {
    const device = await knowDevice(store, keepsake);
    if (device.registered) return null;
    const answer = await registerDevice(transport, device.deviceId, label);
    if (answer.ok) {
      await markRegistered(store);
      return null;
    }
    // A copied profile: this id is somebody else's. A new one goes on with the same seq.
    if (answer.code !== "device_taken" || tries > 0) return answer;
    const fresh = crypto.randomUUID();
    await store.write(["meta"], (tx) => writeMeta(tx, "device_id", fresh));
  }
}
