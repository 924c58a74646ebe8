// View = confirmed ⊕ outbox: a pure function, the same offline and online.
import { viewDeparture } from "./activity.ts";
import { type Scene, viewCourse } from "./course.ts";
import { dateIn, knownZone } from "./dates.ts";
import { readFacts } from "./facts.ts";
import { applyOverlay, isAct, overlayRows } from "./overlay.ts";
import { viewProgramme } from "./programme.ts";
import { viewReceipts } from "./receipts.ts";
import { preferencesOf, viewReminders } from "./reminders.ts";
import type { Snapshot } from "./snapshot.ts";
import { newestOf, nextOf, tourOf } from "./today.ts";
import type { View } from "./view.ts";

/** `language` is the phone's own, for as long as the person's is not known. What day it is and what is over follows the
 *  server's clock, as far as it is known: one that is a day wrong would have a tour that leaves tomorrow be past. */
export function project(snapshot: Snapshot, personId: string, language: string, phoneMs: number): View {
  const nowMs = phoneMs + snapshot.skewMs;
  const confirmed = readFacts(snapshot.replica);
  const facts = applyOverlay(confirmed, overlayRows(snapshot, confirmed), personId);
  const zone = knownZone(facts.self?.zone);
  const scene: Scene = {
    facts,
    documents: new Map(snapshot.documents.map(({ hash, document }) => [hash, document])),
    attention: snapshot.attention,
    language: facts.preferences.get("language") ?? facts.self?.language ?? language,
    nowMs,
    today: dateIn(zone, nowMs),
  };
  const courses = [...facts.catalogue.values()]
    .filter(({ kind }) => kind === "course")
    .map((entry) => viewCourse(entry, scene))
    .sort((a, b) => a.title.localeCompare(b.title, scene.language));
  const departures = facts.departures
    .map((departure) => viewDeparture(departure, scene))
    .sort((a, b) => a.departure.starts_at.localeCompare(b.departure.starts_at));
  const programmes = [...facts.programmeEnrolments.values()].flatMap((enrolment) => {
    const programme = facts.programmes.get(enrolment.programme_id);
    return programme ? [viewProgramme(programme, enrolment, scene, courses, departures)] : [];
  });
  const receipts = viewReceipts(snapshot, facts, courses, departures);
  const lost = lostOf(snapshot);
  const refused = receipts.filter(({ status, seen }) => status === "rejected" && !seen).length;
  const known = { programmes, courses, departures, receipts, zone, ...scene };
  return {
    self: facts.self,
    language: scene.language,
    zone,
    today: scene.today,
    skewMs: snapshot.skewMs,
    programmes,
    courses,
    departures,
    receipts,
    waiting: snapshot.outbox.filter(({ op, outcome }) => outcome === null && isAct(op)).length,
    attention: refused + (lost > snapshot.lostSeen ? 1 : 0),
    lost,
    lostSeen: lost <= snapshot.lostSeen,
    storageLost: snapshot.storageLost,
    next: nextOf(programmes, courses, facts),
    newest: newestOf(courses),
    tour: tourOf(departures),
    reminders: viewReminders(facts.reminders.values(), known),
    preferences: preferencesOf(facts),
  };
}

/** Registrations that this phone once made, that the server never saw, and that are no longer here either. */
function lostOf({ missing, outbox, acknowledged, attention }: Snapshot): number {
  if (missing.length === 0) return 0;
  const held = new Set([...outbox, ...acknowledged, ...attention].map(({ seq }) => seq));
  const inRange = missing.reduce((total, [from, to]) => total + to - from + 1, 0);
  return inRange - [...held].filter((seq) => missing.some(([from, to]) => from <= seq && seq <= to)).length;
}
