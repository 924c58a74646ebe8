// A notification was tapped: its screen opens, also with no network and with the app closed; or, by one of its buttons,
// the person has answered it without opening anything.
import { dayAfter } from "../pwa/src/model/dates.ts";
import type { Carried } from "../pwa/src/push/shown.ts";
import { openPersonHere, type PersonStore } from "../pwa/src/storage/database.ts";
import { keepHere } from "../pwa/src/storage/here.ts";
import { openNotices } from "../pwa/src/storage/notice.ts";
import { type Draft, enter } from "../pwa/src/storage/outbox.ts";
import { keepTwice } from "../pwa/src/storage/spare.ts";
import { clockHere, forEachPerson } from "./flushing.ts";
import { type Found, findReminder } from "./pushing.ts";

interface OwnWindow {
  readonly url: string;
  focus(): Promise<OwnWindow>;
  navigate(url: string): Promise<unknown>;
}
export interface TappedPorts {
  clients: {
    matchAll(of: { type: "window"; includeUncontrolled: true }): Promise<readonly OwnWindow[]>;
    openWindow(url: string): Promise<unknown>;
  };
  language: string;
  now(): number;
  /** tells the server what was answered, as far as there is a network */
  flush(): Promise<void>;
}

export async function tapped(action: string, carried: Carried | null, ports: TappedPorts): Promise<void> {
  const { navigate, reminderId } = carried ?? { navigate: "/", reminderId: null };
  if (action === "") return open(navigate, ports);
  const found = await findReminder(reminderId, ports);
  const draft = found && draftOf(action, found);
  if (draft) await answer(found.personId, draft, ports);
}

function draftOf(action: string, { reminder, view }: Found): Draft | null {
  switch (action) {
    case "tomorrow":
      return { kind: "reminder_snoozed", reminder_id: reminder.id, until_on: dayAfter(view.today) };
    case "mute":
      return { kind: "reminder_muted", reminder_id: reminder.id };
    default:
      return null;
  }
}

/** Durable first, as in the page: the phone may be in a basement. */
async function answer(personId: string, draft: Draft, { flush }: TappedPorts): Promise<void> {
  const store = openPersonHere(personId);
  const notices = openNotices(personId);
  try {
    await keepTwice(personId, await enter(store, draft, clockHere()));
    notices.tell("outbox");
  } finally {
    notices.close();
    store.close();
  }
  await flush();
}

/** The window that is there comes to the front before it goes elsewhere: the other way round the tap is used up. */
async function open(url: string, { clients, now }: TappedPorts): Promise<void> {
  const kept = keepTarget(url, now()).catch(() => undefined);
  const [window] = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!window || !(await goTo(window, url))) await clients.openWindow(url);
  await kept;
}

async function goTo(window: OwnWindow, url: string): Promise<boolean> {
  const front = await window.focus().catch(() => window);
  if (front.url === url) return true;
  return front.navigate(url).then(
    () => true,
    () => false,
  );
}

/** Some phones open the app at its first screen whatever they are told: it finds here where it was to go. */
async function keepTarget(url: string, atMs: number): Promise<void> {
  const { pathname, search } = new URL(url);
  await forEachPerson((store: PersonStore) => keepHere(store, pathname + search, atMs));
}
