// What a person sees: the shapes that views read. project.ts makes them from confirmed ⊕ outbox; nothing else does.
// Both client helpers read this file. Added by the core: DocumentSource, title/summary/source of CourseView
// and DepartureView, ItemView.slug, ReceiptView.seen, View.tour.
import type {
  ActivityDocument,
  CatalogueEntry,
  CourseDocument,
  MyDeparture,
  Programme,
  Reminder,
  Self,
  Step,
  Stop,
} from "../protocol.gen.ts";

/** Where a thing stands. Shape and word always follow from it together (LOOK: stops of the line). */
export type StopState = "done" | "saved" | "now" | "soon" | "late" | "open";

/** Of an act: still on this phone, told to the server, or in need of a person. */
export type Delivery = "waiting" | "sent" | "review" | "attention";

export interface StepView {
  step: Step;
  state: StopState;
  /** null until it is done; an instant */
  completedAt: string | null;
  delivery: Delivery | null;
  /** best or latest attempt of a quiz, by its rule */
  attempt: { right: number; questions: number; passed: boolean; attemptedAt: string } | null;
  /** the private note of a reflection */
  note: string | null;
}

/** Where the document of the shown language lies: what `downloads` is keyed by, and what it weighs. */
export interface DocumentSource {
  hash: string;
  language: string;
  /** the text itself, its pictures, and sound and film */
  bytes: number;
  pictureBytes: number;
  mediaBytes: number;
}

export interface CourseView {
  entry: CatalogueEntry;
  /** title and summary in the person's language (or the one that was got) */
  title: string;
  summary: string;
  /** null: the server names no document for it */
  source: DocumentSource | null;
  /** null: not on this phone (yet) */
  document: CourseDocument | null;
  /** the language that was got, where it is not the person's own */
  fellBackTo: string | null;
  steps: StepView[];
  done: number;
  required: number;
  state: StopState;
  completedAt: string | null;
  /** how the last act in it stands, where one is waiting or was refused */
  delivery: Delivery | null;
  chosen: boolean;
  assigned: boolean;
  begun: boolean;
  /** the person may take it up, or has: a closed course of a programme that is not theirs is neither */
  offered: boolean;
  /** the step to open: where one was, else the first that is not done */
  here: { stepKey: string; positionS: number | null } | null;
  minutesLeft: number;
}

export interface CheckInView {
  checkedInAt: string;
  confidence: "low" | "medium" | "high";
  delivery: Delivery;
}

export interface TourStopView {
  stop: Stop;
  state: StopState;
  checkIn: CheckInView | null;
}

export interface DepartureView {
  departure: MyDeparture;
  title: string;
  meetingPlace: string;
  source: DocumentSource | null;
  fellBackTo: string | null;
  delivery: Delivery | null;
  entry: CatalogueEntry | null;
  document: ActivityDocument | null;
  stops: TourStopView[];
  checkedIn: number;
  /** true when the attendance rule is met, as far as this phone knows */
  attended: boolean;
  /** guides: the codes of the stops, and who is expected */
  codes: Record<string, string>;
  roster: { personId: string; name: string; checkedInStops: string[]; reviewedStops: string[] }[];
  when: "past" | "now" | "coming";
}

export interface ItemView {
  key: string;
  kind: "course" | "activity";
  itemId: string;
  /** of the course's or activity's page; null while its catalogue entry is not there */
  slug: string | null;
  title: string;
  minutes: number;
  state: StopState;
  /** a local date, yyyy-mm-dd */
  dueOn: string | null;
  completedAt: string | null;
  delivery: Delivery | null;
  /** keys of items that are best done first; nothing that can be learned is ever closed for it */
  waitsFor: string[];
  progress: { done: number; of: number } | null;
  /** of a quiz in it that is to be tried again */
  unpassed: StepView["attempt"];
}

export interface ProgrammeView {
  programme: Programme;
  title: string;
  items: ItemView[];
  done: number;
  completedAt: string | null;
}

export interface ReceiptView {
  opId: string;
  /** what was done, as words: the key of a text and what to put into it */
  kind: string;
  subject: string;
  savedAt: string;
  sentAt: string | null;
  /** superseded: did not hold, and the same was done again in a way that did */
  status: "waiting" | "applied" | "merged" | "review" | "superseded" | "deferred" | "rejected";
  code: string | null;
  /** a person has decided whether it counts, and may have said why */
  decided: { reason: string | null } | null;
  /** of a quiz: what the answers came to, as soon as it is known */
  result: { right: number; questions: number; passed: boolean } | null;
  /** of a rejected one: the person has read it, and it no longer counts as attention */
  seen: boolean;
}

/** An entry of the inbox. */
export interface ReminderView {
  id: string;
  title: string;
  body: string;
  /** the screen that it opens */
  target: string;
  madeAt: string;
  /** put_off: until a day; over: closed by the server, or settled here */
  state: "new" | "seen" | "put_off" | "over";
  /** the day on which it comes again, yyyy-mm-dd */
  until: string | null;
  why: Reminder["closed_why"];
  canWait: boolean;
  canMute: boolean;
  /** until it is taken back, nothing more is said of what it is about */
  isMuted: boolean;
}

/** How the person wants to be reminded. */
export interface Preferences {
  reminders: boolean;
  mail: boolean;
  /** "21:00-07:00"; null: by the shift pattern of the post */
  quietHours: string | null;
}

/** Everything that the screens show, in one value. */
export interface View {
  self: Self | null;
  language: string;
  /** the organisation's time zone */
  zone: string;
  /** today's date in it */
  today: string;
  /** how far the server's clock is ahead of this phone's */
  skewMs: number;
  programmes: ProgrammeView[];
  courses: CourseView[];
  departures: DepartureView[];
  receipts: ReceiptView[];
  waiting: number;
  attention: number;
  /** registrations that this phone has lost (its storage was cleared before they were sent) */
  lost: number;
  /** the person has read of all of them */
  lostSeen: boolean;
  /** the phone's storage was cleared, and only the server can say what that cost */
  storageLost: boolean;
  /** what to do next: something due, else something begun, else a five-minute step that is on the phone */
  next: {
    why: "due" | "begun" | "curious";
    course: CourseView;
    /** null: what is due is not on the phone yet; to say that nothing is due would be a lie */
    stepKey: string | null;
  } | null;
  newest: CourseView[];
  /** the departure to show on Today: going on now, else the next one to come */
  tour: DepartureView | null;
  /** the open ones first */
  reminders: ReminderView[];
  preferences: Preferences;
}
