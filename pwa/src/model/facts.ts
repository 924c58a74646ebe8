// The replica's rows by what they are. What a phone newer or older than the server does not know is passed over.
import type {
  Attempt,
  CatalogueEntry,
  CheckIn,
  CourseEnrolment,
  Enrolment,
  MyDeparture,
  Note,
  Place,
  Preference,
  Programme,
  ProgrammeEnrolment,
  Receipt,
  Reminder,
  RosterLine,
  Self,
  StepCompletion,
  TypedCode,
} from "../protocol.gen.ts";
import type { ReplicaRow } from "./snapshot.ts";
import type { Delivery } from "./view.ts";

export interface Told {
  delivery: Delivery;
}
/** Everything that is known about a person's learning, whoever said it: the server or this phone. */
export interface Facts {
  self: Self | null;
  catalogue: Map<string, CatalogueEntry>;
  programmes: Map<string, Programme>;
  programmeEnrolments: Map<string, ProgrammeEnrolment>;
  courseEnrolments: Map<string, CourseEnrolment>;
  completions: Map<string, (StepCompletion & Told)[]>;
  attempts: Map<string, (Attempt & Told & { op_id: string })[]>;
  /** answers to exams that only the server can score, and has not */
  unscored: Map<string, (Told & { step_key: string; version: number })[]>;
  places: Map<string, Place>;
  notes: Map<string, Note & Told>;
  checkIns: Map<string, CheckIn & Told>;
  /** of everyone, in the stream of a departure that one guides */
  rosterCheckIns: CheckIn[];
  departures: MyDeparture[];
  roster: RosterLine[];
  codes: TypedCode[];
  preferences: Map<string, string>;
  receipts: Map<string, Receipt>;
  reminders: Map<string, Reminder>;
}

export const pairKey = (one: string, other: string): string => `${one}/${other}`;

export function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

export function readFacts(rows: readonly ReplicaRow[]): Facts {
  const facts: Facts = {
    self: null,
    catalogue: new Map(),
    programmes: new Map(),
    programmeEnrolments: new Map(),
    courseEnrolments: new Map(),
    completions: new Map(),
    attempts: new Map(),
    unscored: new Map(),
    places: new Map(),
    notes: new Map(),
    checkIns: new Map(),
    rosterCheckIns: [],
    departures: [],
    roster: [],
    codes: [],
    preferences: new Map(),
    receipts: new Map(),
    reminders: new Map(),
  };
  for (const row of rows) readRow(facts, row);
  return facts;
}

function readRow(facts: Facts, { stream, entity, id, data }: ReplicaRow): void {
  const sent = { delivery: "sent" as const };
  switch (entity) {
    case "self":
      facts.self = data as Self;
      break;
    case "catalogue_entry":
      facts.catalogue.set(id, data as CatalogueEntry);
      break;
    case "programme":
      facts.programmes.set(id, data as Programme);
      break;
    case "enrolment":
      readEnrolment(facts, data as Enrolment);
      break;
    case "step_completion":
      push(facts.completions, (data as StepCompletion).course_id, { ...(data as StepCompletion), ...sent });
      break;
    case "attempt":
      push(facts.attempts, (data as Attempt).course_id, { ...(data as Attempt), op_id: id, ...sent });
      break;
    case "place":
      facts.places.set(id, data as Place);
      break;
    case "note":
      facts.notes.set(id, { ...(data as Note), ...sent });
      break;
    case "check_in":
      readCheckIn(facts, stream, data as CheckIn);
      break;
    case "my_departure":
      facts.departures.push(data as MyDeparture);
      break;
    case "roster_line":
      facts.roster.push(data as RosterLine);
      break;
    case "typed_code":
      facts.codes.push(data as TypedCode);
      break;
    case "preference":
      facts.preferences.set(id, (data as Preference).value);
      break;
    case "receipt":
      facts.receipts.set(id, data as Receipt);
      break;
    case "reminder":
      facts.reminders.set(id, data as Reminder);
      break;
  }
}

function readEnrolment(facts: Facts, enrolment: Enrolment): void {
  switch (enrolment.kind) {
    case "programme":
      facts.programmeEnrolments.set(enrolment.programme_id, enrolment);
      break;
    case "course":
      facts.courseEnrolments.set(enrolment.course_id, enrolment);
      break;
    default:
      enrolment satisfies never;
  }
}

function readCheckIn(facts: Facts, stream: string, checkIn: CheckIn): void {
  if (stream.startsWith("departure:")) facts.rosterCheckIns.push(checkIn);
  else {
    const delivery = checkIn.in_review ? ("review" as const) : ("sent" as const);
    facts.checkIns.set(pairKey(checkIn.departure_id, checkIn.stop_key), { ...checkIn, delivery });
  }
}
