// A push has come. Something is always shown (three silent ones, and a phone takes the subscription back); but first the
// phone asks what is new, and what has been done on it, so that nobody is told to do what they have just done.

import { project } from "../pwa/src/model/project.ts";
import type { ReminderView, View } from "../pwa/src/model/view.ts";
import {
  type Badging,
  type Carried,
  closeWhatIsOver,
  countUnseen,
  type Showing,
  showCount,
} from "../pwa/src/push/shown.ts";
import type { PersonStore } from "../pwa/src/storage/database.ts";
import { readSnapshot } from "../pwa/src/storage/reading.ts";
import { forEachPerson } from "./flushing.ts";
import { type PushMessage, readMessage } from "./message.ts";
import { type Words, wordsIn } from "./words.ts";

export interface PushedPorts {
  registration: Showing;
  badging: Badging;
  origin: string;
  /** the phone's own language, for as long as nobody's is known */
  language: string;
  now(): number;
  /** asks the server what is new, for every person of this phone */
  sync(): Promise<void>;
  setTimer(act: () => void, ms: number): () => void;
}
export interface Found {
  personId: string;
  reminder: ReminderView;
  view: View;
}
const SYNC_MS = 5_000;
const ICON = "/static/icons/icon-192.png";

export async function receivePush(text: string | null, ports: PushedPorts): Promise<void> {
  const message = readMessage(text, ports.origin);
  await atMost(SYNC_MS, ports.sync, ports.setTimer);
  const found = await findReminder(message.reminderId, ports).catch(() => null);
  await tidy(ports);
  await show(message, found, ports); // last, so that nothing takes it away again before it was seen
}

/** Whatever happens, it goes on in time. */
async function atMost(ms: number, act: () => Promise<void>, setTimer: PushedPorts["setTimer"]): Promise<void> {
  let stop = () => {};
  const tooLong = new Promise<void>((over) => {
    stop = setTimer(over, ms);
  });
  await Promise.race([act().catch(() => undefined), tooLong]);
  stop();
}

type Looking = Pick<PushedPorts, "language" | "now">;

/** Several people may have a phone in common: whose reminder it is, its id tells. */
export async function findReminder(id: string | null, { language, now }: Looking): Promise<Found | null> {
  let found: Found | null = null;
  if (id === null) return null;
  await forEachPerson(async (store) => {
    if (found) return;
    const view = project(await readSnapshot(store), store.personId, language, now());
    const reminder = view.reminders.find((one) => one.id === id);
    if (reminder) found = { personId: store.personId, reminder, view };
  });
  return found;
}

async function show(message: PushMessage, found: Found | null, ports: PushedPorts): Promise<void> {
  const { registration, origin, language } = ports;
  const words = wordsIn(found?.view.language ?? message.language ?? language);
  const isSettled = found?.reminder.state === "over";
  const data: Carried = { navigate: origin + message.path, reminderId: message.reminderId };
  const options = {
    body: isSettled ? words.settled : (message.body ?? words.body),
    lang: found?.view.language ?? message.language ?? language,
    icon: ICON,
    badge: ICON,
    silent: message.silent || isSettled,
    data,
    ...(message.tag ? { tag: message.tag } : {}),
    ...(found && !isSettled ? { actions: actionsOf(found.reminder, words) } : {}),
  };
  await registration.showNotification(message.title ?? words.title, options);
}

/** Not every engine shows them: what they do can always be done in the app too. */
function actionsOf({ canWait, canMute }: ReminderView, words: Words): { action: string; title: string }[] {
  return [
    ...(canWait ? [{ action: "tomorrow", title: words.tomorrow }] : []),
    ...(canMute ? [{ action: "mute", title: words.mute }] : []),
  ];
}

/** After every exchange: what is over is taken from the lock screen, and the icon counts anew. */
export async function tidy({ registration, badging, language, now }: Omit<PushedPorts, "sync">): Promise<void> {
  let unseen = 0;
  const look = async (store: PersonStore) => {
    const view = project(await readSnapshot(store), store.personId, language, now());
    await closeWhatIsOver(registration, view);
    unseen += countUnseen(view);
  };
  await forEachPerson(look)
    .then(() => showCount(badging, unseen))
    .catch(() => undefined);
}
