// What stands on the lock screen and on the app's icon follows what is true, whoever changed it and on which phone.
import type { View } from "../model/view.ts";

/** What a notification of ours carries; the address is kept whole, for engines that open it by themselves. */
export interface Carried {
  navigate: string;
  reminderId: string | null;
}
export type Shown = Pick<ServiceWorkerRegistration, "getNotifications">;
export type Badging = Partial<Pick<NavigatorBadge, "setAppBadge" | "clearAppBadge">>;

/** A reminder that was seen, put off, closed or settled here or elsewhere is not shown any more. */
export async function closeWhatIsOver(registration: Shown, { reminders }: Pick<View, "reminders">): Promise<void> {
  const state = new Map(reminders.map((one) => [one.id, one.state]));
  for (const notification of await registration.getNotifications()) {
    const known = state.get((notification.data as Carried | null)?.reminderId ?? "");
    if (known && known !== "new") notification.close();
  }
}

export async function closeAll(registration: Shown): Promise<void> {
  for (const notification of await registration.getNotifications()) notification.close();
}

/** As many as have not been seen; where the home screen has no badges nothing happens. */
export async function showCount(badging: Badging, unseen: number): Promise<void> {
  await (unseen > 0 ? badging.setAppBadge?.(unseen) : badging.clearAppBadge?.());
}

export function countUnseen({ reminders }: Pick<View, "reminders">): number {
  return reminders.filter(({ state }) => state === "new").length;
}
