// The inbox, as this phone sees it: what the server reminds of, what the person has said to it, and what has been done
// since, also with no network. The page and the worker ask the same questions.
import type { MailFails, Reminder } from "../protocol.gen.ts";
import { dateIn, daysBetween } from "./dates.ts";
import type { Facts } from "./facts.ts";
import { pickByLanguage } from "./language.ts";
import { isTaken } from "./receipts.ts";
import type { Preferences, ReminderView, View } from "./view.ts";

/** What the person has done, as far as this phone knows: confirmed ⊕ outbox. */
export interface Known
  extends Pick<View, "programmes" | "courses" | "departures" | "receipts" | "language" | "zone" | "today"> {
  nowMs: number;
}

/** Nothing is left to do about it: it is closed or muted, its time is over, or everything in it is done here already. */
export function isSettled(reminder: Reminder, known: Known): boolean {
  const { closed_at, expires_at, is_muted } = reminder;
  if (closed_at !== null || is_muted || Date.parse(expires_at) <= known.nowMs) return true;
  return isAllDone(reminder, known);
}

function isAllDone({ about, rule }: Reminder, known: Known): boolean {
  return about.length > 0 && about.every((subject) => isDone(subject, rule, known));
}

function isDone(subject: string, rule: Reminder["rule"], known: Known): boolean {
  const { programmes, courses, departures, receipts, nowMs } = known;
  const [kind, id] = subject.split("/");
  switch (kind) {
    case "course":
    case "activity":
      return (
        courses.some(({ entry, completedAt }) => entry.item_id === id && completedAt !== null) ||
        departures.some(({ departure, attended }) => departure.activity_id === id && attended) ||
        programmes.some(({ items }) => items.some(({ itemId, completedAt }) => itemId === id && completedAt !== null))
      );
    case "departure": {
      const found = departures.find(({ departure }) => departure.departure_id === id);
      if (!found) return false;
      const hasLeft = found.checkedIn > 0 || Date.parse(found.departure.starts_at) <= nowMs;
      // That it is cancelled is the very thing that some reminders tell.
      return hasLeft || (found.departure.is_cancelled && rule !== "departure_changed");
    }
    case "operation":
      return rule === "attention" && receipts.some((one) => one.opId === id && (one.seen || isTaken(one)));
    default:
      return false; // a message asks for nothing but to be read
  }
}

export function viewReminders(reminders: Iterable<Reminder>, known: Known): ReminderView[] {
  return [...reminders]
    .map((reminder) => viewReminder(reminder, known))
    .sort((a, b) => ORDER[a.state] - ORDER[b.state] || b.madeAt.localeCompare(a.madeAt));
}

const ORDER: Record<ReminderView["state"], number> = { new: 0, seen: 1, put_off: 2, over: 3 };

function viewReminder(reminder: Reminder, known: Known): ReminderView {
  const { reminder_id, rule, made_at, target, snoozed_until } = reminder;
  const words = pickByLanguage(reminder.words, known.language)?.value;
  const state = stateOf(reminder, known);
  return {
    id: reminder_id,
    title: words?.title ?? "",
    body: words?.body ?? "",
    target: isOwnPath(target) ? target : "/",
    madeAt: made_at,
    state,
    until: state === "put_off" ? snoozed_until : null,
    why: state === "over" ? whyOver(reminder, known) : null,
    canWait: canWait(reminder, known),
    canMute: rule === "nudge",
    // Of what is done nobody is reminded, muted or not.
    isMuted: reminder.is_muted && !isAllDone(reminder, known),
  };
}

function whyOver({ closed_why, is_muted, expires_at }: Reminder, known: Known): ReminderView["why"] {
  if (is_muted) return "muted";
  if (closed_why !== null) return closed_why;
  return Date.parse(expires_at) <= known.nowMs ? "expired" : "done";
}

function stateOf(reminder: Reminder, known: Known): ReminderView["state"] {
  const { seen_at, snoozed_until } = reminder;
  if (isSettled(reminder, known)) return "over";
  if (snoozed_until !== null && snoozed_until > known.today) return "put_off";
  // What was put off and has come again is new, though it was seen before.
  const isSeen =
    seen_at !== null && (snoozed_until === null || dateIn(known.zone, Date.parse(seen_at)) >= snoozed_until);
  return isSeen ? "seen" : "new";
}

/** A departure waits for nobody, and what ends today has no tomorrow. */
function canWait({ rule, expires_at }: Reminder, { zone, today }: Known): boolean {
  const isOfDeparture = rule === "tour_tomorrow" || rule === "leaving" || rule === "departure_changed";
  return !isOfDeparture && dateIn(zone, Date.parse(expires_at)) > today;
}

/** A screen of ours: nothing that a browser would read as another site. */
export function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])/.test(path);
}

/** Said of quiet hours in place of hours of one's own. */
export const AFTER_SHIFTS = "after_shifts";

export function preferencesOf({ preferences }: Facts): Preferences {
  const quiet = preferences.get("quiet_hours") ?? AFTER_SHIFTS;
  return {
    reminders: preferences.get("reminders") !== "off",
    mail: preferences.get("mail") !== "off",
    quietHours: quiet === AFTER_SHIFTS ? null : quiet,
  };
}

/** One's own address, where mail to it came back and nothing goes there yet; a new address has not failed. */
export function failingMail({ self, today }: Pick<View, "self" | "today">): MailFails | null {
  const fails = self?.mail_fails ?? null; // a server of before says nothing of it
  return fails && fails.until > today ? fails : null;
}

/** When asking makes sense: a course is on the phone and taken up, or the bus leaves tomorrow. Never at the first sight. */
export function isTimeToAsk({ courses, tour, zone, today }: View): boolean {
  const isUnderWay = courses.some(({ document, begun, chosen }) => document !== null && (begun || chosen));
  const leavesSoon =
    tour?.when === "coming" && daysBetween(today, dateIn(zone, Date.parse(tour.departure.starts_at))) <= 1;
  return isUnderWay || leavesSoon;
}
