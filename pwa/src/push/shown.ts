// What stands on the lock screen and on the app's icon follows what is true, whoever changed it and on which phone.
import type { View } from "../model/view.ts";

/** What a notification of ours carries; the address is kept whole, for engines that open it by themselves. */
export interface Carried {
  navigate: string;
  reminderId: string | null;
}
export type Shown = Pick<ServiceWorkerRegistration, "getNotifications">;
export type Showing = Shown & Pick<ServiceWorkerRegistration, "showNotification">;
export type Badging = Partial<Pick<NavigatorBadge, "setAppBadge" | "clearAppBadge">>;

/** A reminder that was seen, put off, closed or settled here or elsewhere is not shown any more. */
export async function closeWhatIsOver(registration: Shown, { reminders }: Pick<View, "reminders">): Promise<void> {
  const state = new Map(reminders.map((one) => [one.id, one.state]));
  for (const notification of await registration.getNotifications()) {
    const known = state.get((notification.data as Carried | null)?.reminderId ?? "");
    if (known && known !== "new") notification.close();
  }
}

/** The same for a page that stays open, which asks only when something has become over since it last asked: Chromium
 *  forgets a notification that is being shown just while somebody asks for all of them, and what brings one changes the
 *  page too. What could not be closed is asked for again. */
export function followingWhatIsOver(): typeof closeWhatIsOver {
  let over = new Set<string>();
  return async (registration, view) => {
    const before = over;
    over = new Set(view.reminders.filter(({ state }) => state !== "new").map(({ id }) => id));
    if ([...over].every((id) => before.has(id))) return;
    try {
      await closeWhatIsOver(registration, view);
    } catch (error) {
      over = before;
      throw error;
    }
  };
}

/** Nothing is asked for while something is being shown, and the other way round: for the worker, to which two pushes may
 *  come at once. */
export function oneAfterTheOther(registration: Showing): Showing {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act, act);
    last = mine;
    return mine;
  };
  return {
    getNotifications: (filter) => inTurn(() => registration.getNotifications(filter)),
    showNotification: (title, options) => inTurn(() => registration.showNotification(title, options)),
  };
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
