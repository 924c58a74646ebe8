// Generated from server/protocol by script/protocol. Do not edit: change the models and run it again.

export type Enrolment = ProgrammeEnrolment | CourseEnrolment;
export type Operation =
  | StepCompleted
  | PlaceKept
  | QuizAttempted
  | CheckedIn
  | CourseChosen
  | CourseLeft
  | NoteKept
  | PreferenceSet
  | ReminderSeen
  | ReminderSnoozed
  | ReminderMuted
  | ReminderUnmuted;

export interface ActivityDocument {
  kind: "activity";
  activity_kind: "tour" | "meeting";
  activity_id: string;
  /**
   * set by an author, stable across versions
   */
  slug: string;
  /**
   * also the version of its fences
   */
  version: number;
  /**
   * BCP 47
   */
  language: string;
  title: string;
  summary: string;
  minutes: number;
  picture: Picture | null;
  attendance: AttendanceRule;
  route: Route | null;
  stops: Stop[];
  media: Medium[];
}
export interface Picture {
  medium: Medium;
  alt: string;
}
export interface Medium {
  /**
   * /media/<hash>.<ending>
   */
  url: string;
  /**
   * SHA-256 of the bytes
   */
  hash: string;
  /**
   * media type
   */
  type: string;
  bytes: number;
  /**
   * the hash of each 2 MiB of it, in order; null: it is one chunk
   */
  chunks: string[] | null;
}
export interface AttendanceRule {
  /**
   * at least so many, one of them with medium confidence or better
   */
  stops: number;
}
export interface Route {
  picture: Picture;
  attribution: string;
  control_points: ControlPoint[];
}
export interface ControlPoint {
  x: number;
  y: number;
  lat: number;
  lon: number;
}
export interface Stop {
  /**
   * set by an author, stable across versions
   */
  key: string;
  kind: "history" | "future_plan" | "department_visit" | "meeting";
  name: string;
  minutes: number;
  place: Fence | null;
  html: string;
  picture: Picture | null;
  audio: Medium | null;
}
export interface Fence {
  lat: number;
  lon: number;
  radius_m: number;
}
export interface Attempt {
  course_id: string;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  version: number;
  /**
   * an instant in UTC, exactly milliseconds
   */
  attempted_at: string;
  right: number;
  questions: number;
  passed: boolean;
}
export interface Booking {
  departure_id: string;
  state: "booked";
}
export interface CaptionTrack {
  /**
   * BCP 47
   */
  language: string;
  medium: Medium;
}
export interface CatalogueEntry {
  kind: "course" | "activity";
  item_id: string;
  /**
   * set by an author, stable across versions
   */
  slug: string;
  /**
   * one text a language
   */
  title: {
    [k: string]: string;
  };
  /**
   * one text a language
   */
  summary: {
    [k: string]: string;
  };
  minutes: number;
  is_open: boolean;
  version: number;
  /**
   * an instant in UTC, exactly milliseconds
   */
  published_at: string;
  picture: string | null;
  /**
   * one text a language
   */
  picture_alt: {
    [k: string]: string;
  };
  documents: {
    [k: string]: DocumentRef;
  };
  required_steps: number;
}
/**
 * Where the text of one language lies: `/content/<hash>`, and how much its media weigh.
 */
export interface DocumentRef {
  /**
   * SHA-256 of the bytes
   */
  hash: string;
  bytes: number;
  picture_bytes: number;
  /**
   * sound and film, which wait for Wi-Fi or a tap
   */
  media_bytes: number;
}
export interface Change {
  stream: string;
  entity: string;
  id: string;
  deleted: boolean;
  v: number;
  data: {
    [k: string]: unknown;
  } | null;
}
export interface CheckIn {
  departure_id: string;
  /**
   * set by an author, stable across versions
   */
  stop_key: string;
  person_id: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  checked_in_at: string;
  confidence: "low" | "medium" | "high";
  methods: ("place" | "typed_code")[];
  in_review: boolean;
}
export interface CheckedIn {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "checked_in";
  departure_id: string;
  /**
   * set by an author, stable across versions
   */
  stop_key: string;
  evidence: PlaceEvidence | TypedCodeEvidence;
}
/**
 * Decided on the phone. No coordinate is ever sent.
 */
export interface PlaceEvidence {
  method: "place";
  inside: true;
  /**
   * metres
   */
  accuracy: "<30" | "<100" | ">100";
  fence_version: number;
}
export interface TypedCodeEvidence {
  method: "typed_code";
  code: string;
}
export interface Choice {
  /**
   * set by an author, stable across versions
   */
  key: string;
  text: string;
  /**
   * null in an exam: the key stays on the server
   */
  right: boolean | null;
  feedback: string | null;
}
/**
 * A one-time code from a coordinator, with the password that it makes possible.
 */
export interface CodeSignIn {
  /**
   * any text; NUL is in none
   */
  email: string;
  /**
   * any text; NUL is in none
   */
  code: string;
  /**
   * at least 10; a shorter one is named
   */
  new_password: string;
}
export interface CourseChosen {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "course_chosen";
  course_id: string;
}
export interface CourseDocument {
  kind: "course";
  course_id: string;
  /**
   * set by an author, stable across versions
   */
  slug: string;
  version: number;
  /**
   * BCP 47
   */
  language: string;
  title: string;
  summary: string;
  minutes: number;
  picture: Picture | null;
  modules: Module[];
  glossary: Term[];
  /**
   * every file that the document needs
   */
  media: Medium[];
}
export interface Module {
  /**
   * set by an author, stable across versions
   */
  key: string;
  title: string;
  steps: Step[];
}
export interface Step {
  /**
   * set by an author, stable across versions
   */
  key: string;
  kind: "reading" | "video" | "audio" | "quiz" | "task" | "reflection";
  title: string;
  minutes: number;
  required: boolean;
  /**
   * of what the step means in all languages; the same hash carries a completion over
   */
  hash: string;
  /**
   * sanitised when published
   */
  html: string;
  picture: Picture | null;
  audio: Medium | null;
  film: Film | null;
  quiz: Quiz | null;
}
export interface Film {
  medium: Medium;
  poster: Medium | null;
  captions: CaptionTrack[];
}
export interface Quiz {
  mode: "practice" | "exam";
  pass_share: number;
  counts: "best" | "latest";
  questions: Question[];
}
export interface Question {
  /**
   * set by an author, stable across versions
   */
  key: string;
  kind: "one" | "several" | "truth";
  text: string;
  /**
   * of a truth question: the keys true and false
   */
  choices: Choice[];
}
export interface Term {
  term: string;
  meaning: string;
}
/**
 * One's own state in a course: chosen or assigned, the version begun on, and when it was completed.
 */
export interface CourseEnrolment {
  kind: "course";
  course_id: string;
  chosen: boolean;
  pinned: PinnedVersion | null;
  completed_version: number | null;
  completed_at: string | null;
}
export interface PinnedVersion {
  version: number;
  documents: {
    [k: string]: DocumentRef;
  };
}
export interface CourseLeft {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "course_left";
  course_id: string;
}
export interface DeviceRegistered {
  device_id: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  registered_at: string;
  ticket: UploadTicket | null;
  /**
   * to a phone that has lost its store: what never came
   */
  missing: unknown[][];
}
/**
 * Lets this installation hand in its person's operations without a session; told once.
 */
export interface UploadTicket {
  secret: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  expires_at: string;
  /**
   * which key a box is sealed to
   */
  key_id: string;
  /**
   * its public half: a P-256 point, base64url
   */
  key: string;
}
export interface DeviceRegistration {
  device_id: string;
  /**
   * any text; NUL is in none
   */
  label: string;
  /**
   * for whom the phone speaks, where it knows
   */
  person_id: string | null;
  /**
   * its operations are numbered from the next one on: those before had another device's id
   */
  numbered_after: number;
  /**
   * the phone has no upload ticket, or one that grows old
   */
  wants_ticket: boolean;
  /**
   * its store was cleared: what has not come of its operations up to this one never will
   */
  lost_through: number;
}
export interface EnrolledItem {
  /**
   * set by an author, stable across versions
   */
  key: string;
  due_on: string | null;
  completed_at: string | null;
}
export interface ProgrammeEnrolment {
  kind: "programme";
  programme_id: string;
  /**
   * a date in the organisation's zone
   */
  started_on: string;
  items: EnrolledItem[];
  completed_at: string | null;
}
/**
 * Carries a session from the browser's tab to the home-screen app of the same phone.
 */
export interface HandoverCode {
  code: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  valid_until: string;
}
export interface HandoverRedeemed {
  /**
   * any text; NUL is in none
   */
  code: string;
}
/**
 * What every operation has, whatever its kind; the first of two readings.
 */
export interface LooseOperation {
  op_id: string;
  seq: number;
  /**
   * any text; NUL is in none
   */
  kind: string;
  v: number;
  [k: string]: unknown;
}
/**
 * What stood in the mail, with or without its dash.
 */
export interface MailAddressCode {
  /**
   * any text; NUL is in none
   */
  code: string;
}
/**
 * A code goes there; nothing has changed until it comes back.
 */
export interface MailAddressWanted {
  /**
   * any text; NUL is in none
   */
  address: string;
}
/**
 * Mail to one's own address came back: so long nothing goes there.
 */
export interface MailFails {
  address: string;
  /**
   * a date in the organisation's zone
   */
  until: string;
}
/**
 * Where the person's mail goes.
 */
export interface MailWay {
  address: string;
  /**
   * told by themselves; else what they sign in with, and mail goes there as well
   */
  is_own: boolean;
}
export interface MyDeparture {
  departure_id: string;
  activity_id: string;
  part: "participant" | "guide";
  /**
   * an instant in UTC, exactly milliseconds
   */
  starts_at: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  ends_at: string;
  /**
   * one text a language
   */
  meeting_place: {
    [k: string]: string;
  };
  guides: string[];
  seats: number;
  is_cancelled: boolean;
  documents: {
    [k: string]: DocumentRef;
  };
}
export interface Note {
  course_id: string;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  text: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  kept_at: string;
}
/**
 * A private reflection; nobody else ever reads it.
 */
export interface NoteKept {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "note_kept";
  course_id: string;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  /**
   * any text; NUL is in none
   */
  text: string;
}
export interface StepCompleted {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "step_completed";
  course_id: string;
  version: number;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
}
/**
 * Where one was: the last step of a course or stop of a tour, and the second of a film or sound.
 */
export interface PlaceKept {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "place_kept";
  item_id: string;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  position_s: number | null;
}
export interface QuizAttempted {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "quiz_attempted";
  course_id: string;
  version: number;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  answers: {
    /**
     * @maxItems 20
     *
     * Items: set by an author, stable across versions
     */
    [k: string]: string[];
  };
}
export interface PreferenceSet {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "preference_set";
  name: "language" | "reminders" | "quiet_hours" | "mail";
  /**
   * any text; NUL is in none
   */
  value: string;
}
export interface ReminderSeen {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "reminder_seen";
  reminder_id: string;
}
export interface ReminderSnoozed {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "reminder_snoozed";
  reminder_id: string;
  /**
   * a date in the organisation's zone
   */
  until_on: string;
}
/**
 * No more nudges about what this one is about.
 */
export interface ReminderMuted {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "reminder_muted";
  reminder_id: string;
}
/**
 * Nudges about what this one is about, once more.
 */
export interface ReminderUnmuted {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
  kind: "reminder_unmuted";
  reminder_id: string;
}
export interface OperationHead {
  op_id: string;
  seq: number;
  v: 1;
  /**
   * an instant in UTC, exactly milliseconds
   */
  occurred_at: string;
  heard_server_at: string | null;
  clock_jumped: boolean;
}
/**
 * The answer to one operation; it never changes, however often the operation is sent again.
 */
export interface Outcome {
  op_id: string;
  status: "applied" | "merged" | "review" | "deferred" | "rejected" | "retry";
  code: string | null;
  effective_at: string | null;
  retry_after_s: number | null;
  /**
   * where its effect stands in the streams
   */
  at: {
    [k: string]: number;
  } | null;
}
/**
 * A phone of one's own; when it was last heard only its owner sees.
 */
export interface OwnDevice {
  device_id: string;
  label: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  registered_at: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  last_heard_at: string;
  /**
   * the one that asks, by its id in the query
   */
  is_this: boolean;
  gets_push: boolean;
  push_confirmed_at: string | null;
}
export interface OwnDevices {
  devices: OwnDevice[];
}
export interface Place {
  item_id: string;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  position_s: number | null;
  /**
   * an instant in UTC, exactly milliseconds
   */
  kept_at: string;
}
export interface Preference {
  name: string;
  value: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  set_at: string;
}
export interface Programme {
  programme_id: string;
  /**
   * set by an author, stable across versions
   */
  slug: string;
  /**
   * one text a language
   */
  title: {
    [k: string]: string;
  };
  /**
   * one text a language
   */
  summary: {
    [k: string]: string;
  };
  items: ProgrammeItem[];
}
export interface ProgrammeItem {
  /**
   * set by an author, stable across versions
   */
  key: string;
  kind: "course" | "activity";
  item_id: string;
  is_mandatory: boolean;
  due_days: number | null;
  /**
   * Items: set by an author, stable across versions
   */
  after: string[];
}
/**
 * The server's VAPID key (RFC 8292): a subscription holds for the key that it was made with.
 */
export interface PushKey {
  /**
   * the public key, uncompressed point, base64url
   */
  key: string;
  key_id: string;
}
/**
 * Where this phone's push service takes messages for it (RFC 8030), and the keys to write them with (RFC 8291).
 */
export interface PushSubscribed {
  device_id: string;
  /**
   * any text; NUL is in none
   */
  endpoint: string;
  p256dh: string;
  auth: string;
  key_id: string;
}
/**
 * What became of a test message; that it was handed over does not say that it was shown.
 */
export interface PushTested {
  said: "handed_over" | "later" | "refused" | "gone" | "no_subscription";
}
/**
 * What became of an operation after its outcome (a review decided, a deferred one applied).
 */
export interface Receipt {
  op_id: string;
  status: "applied" | "merged" | "review" | "deferred" | "rejected";
  code: string | null;
  /**
   * an instant in UTC, exactly milliseconds
   */
  decided_at: string;
  /**
   * what was said, for a phone that does not hold it
   */
  operation: {
    [k: string]: unknown;
  } | null;
  /**
   * a person has decided; else the server did, of itself
   */
  is_decision: boolean;
  /**
   * what that person says of it
   */
  reason: string | null;
}
/**
 * Every error of the API has this one shape (RFC 9457 without its URLs).
 */
export interface RefusalBody {
  code: string;
  message: string;
  retry_after_s: number | null;
}
/**
 * An entry of the inbox; what is closed is no longer shown on any of the person's phones.
 */
export interface Reminder {
  reminder_id: string;
  rule: "nudge" | "tour_tomorrow" | "leaving" | "departure_changed" | "exam_result" | "attention" | "message";
  /**
   * an instant in UTC, exactly milliseconds
   */
  made_at: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  expires_at: string;
  words: {
    [k: string]: ReminderWords;
  };
  /**
   * the screen of the app that it opens
   */
  target: string;
  /**
   * course/<id>, activity/<id>, departure/<id>, operation/<id>, message/<id>
   */
  about: string[];
  closed_at: string | null;
  closed_why: ("done" | "ended" | "cancelled" | "expired" | "muted" | "recalled") | null;
  seen_at: string | null;
  snoozed_until: string | null;
  /**
   * its person wants to hear no more of what it is about
   */
  is_muted: boolean;
}
export interface ReminderWords {
  title: string;
  body: string;
}
export interface RoleHeld {
  role: "guide" | "author" | "coordinator" | "manager" | "administrator";
  unit: string;
}
export interface RosterLine {
  departure_id: string;
  person_id: string;
  name: string;
  state: "booked";
}
/**
 * What a phone keeps for somebody who has signed out: sealed to a key of the server's, which alone can open it.
 */
export interface SealedBox {
  protocol: 1;
  /**
   * when it was sent, not when it was sealed: by this the phone's clock is judged
   */
  sent_at: string;
  /**
   * any text; NUL is in none
   */
  key_id: string;
  /**
   * the box's own P-256 point, base64url
   */
  point: string;
  nonce: string;
  /**
   * AES-256-GCM of SealedContents
   */
  text: string;
}
/**
 * What lies in the box: operations as they were frozen, and the ticket that they are handed in with.
 */
export interface SealedContents {
  /**
   * any text; NUL is in none
   */
  ticket: string;
  person_id: string;
  device_id: string;
  /**
   * any text; NUL is in none
   */
  app_version: string;
  /**
   * @minItems 1
   * @maxItems 100
   */
  operations: LooseOperation[];
}
/**
 * Every operation of the box has its outcome, which is told to its person alone.
 */
export interface SealedTaken {
  protocol: 1;
  taken: number;
}
export interface Self {
  person_id: string;
  name: string;
  /**
   * BCP 47
   */
  language: string;
  /**
   * Items: one text a language
   */
  units: {
    [k: string]: string;
  }[];
  roles: RoleHeld[];
  /**
   * the organisation's, by its IANA name: where a date begins and ends
   */
  zone: string;
  /**
   * so long check-ins are kept; that a tour was completed stays
   */
  check_in_months: number;
  mail_fails: MailFails | null;
  mail_goes_to: MailWay;
}
export interface SignIn {
  /**
   * any text; NUL is in none
   */
  email: string;
  /**
   * any text; NUL is in none
   */
  password: string;
}
export interface SignedIn {
  person_id: string;
  name: string;
  /**
   * BCP 47
   */
  language: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  signed_in_until: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  server_time: string;
}
export interface StepCompletion {
  course_id: string;
  /**
   * set by an author, stable across versions
   */
  step_key: string;
  version: number;
  /**
   * an instant in UTC, exactly milliseconds
   */
  completed_at: string;
}
/**
 * The request as the server first reads it: the envelope strictly, each operation loosely.
 */
export interface SyncEnvelope {
  protocol: 1;
  person_id: string;
  device_id: string;
  epoch: string | null;
  /**
   * any text; NUL is in none
   */
  app_version: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  sent_at: string;
  cursor: string | null;
  /**
   * @maxItems 100
   */
  operations: LooseOperation[];
}
export interface SyncRequest {
  protocol: 1;
  person_id: string;
  device_id: string;
  epoch: string | null;
  app_version: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  sent_at: string;
  cursor: string | null;
  /**
   * @maxItems 100
   */
  operations: (
    | StepCompleted
    | PlaceKept
    | QuizAttempted
    | CheckedIn
    | CourseChosen
    | CourseLeft
    | NoteKept
    | PreferenceSet
    | ReminderSeen
    | ReminderSnoozed
    | ReminderMuted
    | ReminderUnmuted
  )[];
}
export interface SyncResponse {
  protocol: 1;
  epoch: string;
  /**
   * `sent_at` of what this answers: any other answer is passed over
   */
  asked_at: string;
  /**
   * an instant in UTC, exactly milliseconds
   */
  server_time: string;
  outcomes: Outcome[];
  /**
   * ranges of seq never seen from this device
   */
  missing: unknown[][];
  changes: Change[];
  /**
   * streams whose rows the phone forgets before it reads the changes
   */
  reset: string[];
  /**
   * a sequence number a stream
   */
  reached: {
    [k: string]: number;
  };
  cursor: string;
  more: boolean;
}
export interface TypedCode {
  departure_id: string;
  /**
   * set by an author, stable across versions
   */
  stop_key: string;
  code: string;
}
