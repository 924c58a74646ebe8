// The engine has renewed or dropped the subscription: mended as at a start of the app, for who wants reminders here.
import { project } from "../pwa/src/model/project.ts";
import { pushDoor } from "../pwa/src/push/door.ts";
import { mend, readPush } from "../pwa/src/push/mending.ts";
import { readSnapshot } from "../pwa/src/storage/reading.ts";
import { forEachPerson, transportOf } from "./flushing.ts";

declare const self: ServiceWorkerGlobalScope;

export async function mendAll(appVersion: string): Promise<void> {
  await forEachPerson(async (store) => {
    if ((await readPush(store)).answer !== "yes") return;
    const now = () => Date.now();
    const view = project(await readSnapshot(store), store.personId, self.navigator.language, now());
    const door = pushDoor(self.registration, () => Notification.permission);
    const wanted = view.preferences.reminders;
    await mend({ store, transport: transportOf(appVersion), door, now, wanted });
  });
}
