// Who signs out takes their reminders along: the phone is unsubscribed, the server told, the lock screen and the icon cleared.
import type { PersonStore } from "../storage/database.ts";
import { knowDevice } from "../storage/device.ts";
import type { Transport } from "../sync/transport.ts";
import { tellUnsubscribed } from "./calls.ts";
import { type PushSide, pushDoor } from "./door.ts";
import { readPush } from "./mending.ts";
import { type Badging, closeAll, type Shown, showCount } from "./shown.ts";

/** Tries each part and never rejects: nobody is kept from leaving. */
export async function leavePush(
  store: PersonStore,
  transport: Transport,
  registration: (PushSide & Shown) | null,
  badging: Badging,
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
  await Promise.allSettled([tell(), clear(), showCount(badging, 0)]);
}
