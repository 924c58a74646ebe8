// Who signs out takes their reminders along: the phone is unsubscribed, the server told, the lock screen cleared.
import type { PersonStore } from "../storage/database.ts";
import { knowDevice } from "../storage/device.ts";
import type { Transport } from "../sync/transport.ts";
import { tellUnsubscribed } from "./calls.ts";
import { type PushSide, pushDoor } from "./door.ts";
import { readPush } from "./mending.ts";
import { closeAll, type Shown } from "./shown.ts";

/** Tries each part and never rejects: nobody is kept from leaving. */
export async function leavePush(
  store: PersonStore,
  transport: Transport,
  registration: (PushSide & Shown) | null,
): Promise<void> {
  const tell = async () => {
    if (!(await readPush(store)).told) return;
    const { deviceId } = await knowDevice(store, null);
    await tellUnsubscribed(transport, deviceId);
  };
  const clear = async () => {
    if (!registration) return;
    await closeAll(registration);
    await pushDoor(registration, () => "granted").unsubscribe();
  };
  await Promise.allSettled([tell(), clear()]);
}
