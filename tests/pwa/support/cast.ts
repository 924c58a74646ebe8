// A small world: one course of two versions, one tour, one programme, and Ada, who learns.

import { project } from "../../../pwa/src/model/project.ts";
import type { OutboxRow, ReplicaRow, Snapshot } from "../../../pwa/src/model/snapshot.ts";
import type { View } from "../../../pwa/src/model/view.ts";
import type {
  ActivityDocument,
  CatalogueEntry,
  CourseDocument,
  CourseEnrolment,
  Medium,
  MyDeparture,
  Outcome,
  Programme,
  ProgrammeEnrolment,
  Reminder,
  Self,
  Step,
  Stop,
} from "../../../pwa/src/protocol.gen.ts";
import { COURSE } from "./phone.ts";

export const ADA = "0193a000-0000-7000-8000-0000000000ad";
export const TOUR = "0193a000-0000-7000-8000-00000000a001";
export const DEPARTURE = "0193a000-0000-7000-8000-00000000d001";
export const PROGRAMME = "0193a000-0000-7000-8000-00000000f001";
export const NOW = Date.parse("2026-11-23T08:00:00.000Z");

export const medium = (name: string, type: string, bytes: number, hash = name): Medium => ({
  url: `/media/${name}`,
  hash,
  type,
  bytes,
  chunks: null,
});

export function makeStep(key: string, over: Partial<Step> = {}): Step {
  return {
    key,
    kind: "reading",
    title: key,
    minutes: 3,
    required: true,
    hash: `${key}-1`,
    html: "<p>…</p>",
    picture: null,
    audio: null,
    film: null,
    quiz: null,
    ...over,
  };
}
export const quizStep = makeStep("q", {
  kind: "quiz",
  quiz: {
    mode: "practice",
    pass_share: 1,
    counts: "best",
    questions: [
      {
        key: "one",
        kind: "one",
        text: "?",
        choices: [
          { key: "a", text: "a", right: true, feedback: null },
          { key: "b", text: "b", right: false, feedback: null },
        ],
      },
    ],
  },
});

export function course(
  version = 1,
  steps: Step[] = [makeStep("a"), makeStep("b"), quizStep],
  media: Medium[] = [],
): CourseDocument {
  return {
    kind: "course",
    course_id: COURSE,
    slug: "valkommen",
    version,
    language: "sv",
    title: "Välkommen",
    summary: "",
    minutes: 9,
    picture: null,
    modules: [{ key: "m", title: "m", steps }],
    glossary: [],
    media,
  };
}

export const ref = (hash: string) => ({ hash, bytes: 1, picture_bytes: 0, media_bytes: 0 });

export function entry(over: Partial<CatalogueEntry> = {}): CatalogueEntry {
  return {
    kind: "course",
    item_id: COURSE,
    slug: "valkommen",
    title: { sv: "Välkommen", en: "Welcome" },
    summary: { sv: "", en: "" },
    minutes: 9,
    is_open: false,
    version: 1,
    published_at: "2026-11-01T08:00:00.000Z",
    picture: null,
    picture_alt: {},
    documents: { sv: ref("doc-v1") },
    required_steps: 3,
    ...over,
  };
}

const stop = (key: string): Stop => ({
  key,
  kind: "history",
  name: `Stop ${key}`,
  minutes: 5,
  place: { lat: 59.3, lon: 17.8, radius_m: 150 },
  html: "",
  picture: null,
  audio: null,
});
export const tour: ActivityDocument = {
  kind: "activity",
  activity_kind: "tour",
  activity_id: TOUR,
  slug: "ekero-runt",
  version: 1,
  language: "sv",
  title: "Ekerö runt",
  summary: "",
  minutes: 180,
  picture: null,
  attendance: { stops: 2 },
  route: null,
  stops: [stop("s1"), stop("s2"), stop("s3")],
  media: [],
};
export const departure: MyDeparture = {
  departure_id: DEPARTURE,
  activity_id: TOUR,
  part: "participant",
  starts_at: "2026-11-24T08:00:00.000Z",
  ends_at: "2026-11-24T11:30:00.000Z",
  meeting_place: { sv: "Torget" },
  guides: ["Greta"],
  seats: 45,
  is_cancelled: false,
  documents: { sv: ref("tour-v1") },
};
export const programme: Programme = {
  programme_id: PROGRAMME,
  slug: "ny-i-ekero",
  title: { sv: "Ny i Ekerö" },
  summary: {},
  items: [
    { key: "welcome", kind: "course", item_id: COURSE, is_mandatory: true, due_days: 7, after: [] },
    { key: "tour", kind: "activity", item_id: TOUR, is_mandatory: true, due_days: 30, after: ["welcome"] },
  ],
};
export const programmeEnrolment: ProgrammeEnrolment = {
  kind: "programme",
  programme_id: PROGRAMME,
  started_on: "2026-11-20",
  items: [
    { key: "welcome", due_on: "2026-11-27", completed_at: null },
    { key: "tour", due_on: "2026-12-20", completed_at: null },
  ],
  completed_at: null,
};
export const courseEnrolment: CourseEnrolment = {
  kind: "course",
  course_id: COURSE,
  chosen: false,
  pinned: null,
  completed_version: null,
  completed_at: null,
};
export const REMINDER = "0193a000-0000-7000-8000-00000000e001";
export function reminder(over: Partial<Reminder> = {}): Reminder {
  return {
    reminder_id: REMINDER,
    rule: "nudge",
    made_at: "2026-11-23T07:00:00.000Z",
    expires_at: "2026-12-20T23:00:00.000Z",
    words: {
      sv: { title: "Välkommen", body: "Senast på fredag." },
      en: { title: "Welcome", body: "By Friday." },
    },
    target: "/learn/valkommen",
    about: [`course/${COURSE}`],
    closed_at: null,
    closed_why: null,
    seen_at: null,
    snoozed_until: null,
    is_muted: false,
    ...over,
  };
}
export const reminded = (over: Partial<Reminder> = {}): ReplicaRow =>
  row("reminder", over.reminder_id ?? REMINDER, reminder(over));
const ada: Self = {
  person_id: ADA,
  name: "Ada",
  language: "sv",
  units: [],
  roles: [],
  zone: "Europe/Stockholm",
  check_in_months: 24,
  mail_fails: null,
  mail_goes_to: { address: "ada@kommun.example", is_own: false },
};

export const row = (entity: string, id: string, value: object, stream = `person:${ADA}`): ReplicaRow => ({
  stream,
  entity,
  id,
  data: value,
});

export function world(over: Partial<Snapshot> = {}): Snapshot {
  return {
    replica: [
      row("self", ADA, ada),
      row("catalogue_entry", COURSE, entry(), "audience:1"),
      row(
        "catalogue_entry",
        TOUR,
        entry({ kind: "activity", item_id: TOUR, slug: "ekero-runt", documents: { sv: ref("tour-v1") } }),
        "audience:1",
      ),
      row("programme", PROGRAMME, programme, "audience:1"),
      row("enrolment", PROGRAMME, programmeEnrolment),
      row("my_departure", DEPARTURE, departure),
    ],
    outbox: [],
    acknowledged: [],
    attention: [],
    documents: [
      { hash: "doc-v1", document: course() },
      { hash: "tour-v1", document: tour },
    ],
    missing: [],
    storageLost: false,
    lostSeen: 0,
    seenReceipts: [],
    partial: false,
    skewMs: 0,
    ...over,
  };
}

let seq = 0;
type Said = { kind: string } & Record<string, unknown>;

/** An act in the outbox, as this phone made it. */
export function said(op: Said, outcome: Partial<Outcome> | null = null, score: OutboxRow["score"] = null): OutboxRow {
  seq++;
  const op_id = `op-${seq}`;
  const head = {
    op_id,
    seq,
    v: 1,
    occurred_at: new Date(NOW + seq * 1000).toISOString(),
    heard_server_at: null,
    clock_jumped: false,
  };
  const bare = { op_id, status: "applied", code: null, effective_at: null, retry_after_s: null, at: null } as const;
  return {
    seq,
    op: { ...head, ...op } as unknown as OutboxRow["op"],
    score,
    outcome: outcome && { ...bare, ...outcome },
    answered_at: outcome ? new Date(NOW).toISOString() : null,
  };
}
export const completed = (step_key: string, version = 1) => ({
  kind: "step_completed",
  course_id: COURSE,
  version,
  step_key,
});
export const checkedIn = (stop_key: string, method: "place" | "typed_code") => ({
  kind: "checked_in",
  departure_id: DEPARTURE,
  stop_key,
  evidence:
    method === "place" ? { method, inside: true, accuracy: "<30", fence_version: 1 } : { method, code: "00000000" },
});
export const fact = (step_key: string, version = 1): ReplicaRow =>
  row("step_completion", `${COURSE}/${step_key}`, {
    course_id: COURSE,
    step_key,
    version,
    completed_at: "2026-11-22T08:00:00.000Z",
  });

export function see(snapshot: Snapshot, nowMs = NOW): View {
  return project(snapshot, ADA, "en", nowMs);
}
