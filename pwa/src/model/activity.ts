// One departure as a person sees it: the stops of its tour, the check-ins, and what its guides need.
import type { CheckIn, MyDeparture } from "../protocol.gen.ts";
import { isAttended } from "./attendance.ts";
import { heldDocument, type Scene, sourceOf, worst } from "./course.ts";
import { dateIn, knownZone } from "./dates.ts";
import { type Facts, pairKey, type Told } from "./facts.ts";
import { fellBack, pickText } from "./language.ts";
import type { DepartureView, TourStopView } from "./view.ts";

/** People gather before it leaves, and the last stop takes its time. */
const BEFORE_MS = 3_600_000;
const AFTER_MS = 2 * 3_600_000;

export function viewDeparture(departure: MyDeparture, scene: Scene): DepartureView {
  const { facts, language } = scene;
  const entry = facts.catalogue.get(departure.activity_id) ?? null;
  const held = heldDocument(departure.documents, scene.documents, language);
  const document = held?.kind === "activity" ? held : null;
  const source = sourceOf(departure.documents, language);
  const checkIns = checkInsOf(departure.departure_id, facts);
  const stops = (document?.stops ?? []).map((stop): TourStopView => {
    const own = checkIns.find(({ stop_key }) => stop_key === stop.key);
    const refused = refusedAt(departure.departure_id, stop.key, scene);
    return {
      stop,
      state: own ? (own.delivery === "waiting" ? "saved" : "done") : "open",
      checkIn: own
        ? { checkedInAt: own.checked_in_at, confidence: own.confidence, delivery: refused ? "attention" : own.delivery }
        : null,
    };
  });
  const next = stops.find(({ checkIn }) => checkIn === null);
  if (next) next.state = "now";
  return {
    departure,
    title: document?.title ?? pickText(entry?.title ?? {}, language),
    meetingPlace: pickText(departure.meeting_place, language),
    source,
    fellBackTo: fellBack(document?.language ?? source?.language ?? language, language),
    delivery: worst(checkIns.map(({ delivery }) => delivery)),
    entry,
    document,
    stops,
    checkedIn: checkIns.length,
    attended: (document !== null && isAttended(document.attendance, checkIns)) || countedThen(departure, facts),
    codes: Object.fromEntries(
      facts.codes
        .filter((one) => one.departure_id === departure.departure_id)
        .map(({ stop_key, code }) => [stop_key, code]),
    ),
    roster: rosterOf(departure.departure_id, facts),
    when: whenOf(departure, scene.nowMs),
  };
}

/** Check-ins are deleted when their time is over. What they completed stays, with its day. */
function countedThen(departure: MyDeparture, { self, programmes, programmeEnrolments }: Facts): boolean {
  const zone = knownZone(self?.zone);
  const day = dateIn(zone, Date.parse(departure.starts_at));
  return [...programmeEnrolments.values()].some(({ programme_id, items }) => {
    const tour = programmes.get(programme_id)?.items.find(({ item_id }) => item_id === departure.activity_id);
    const at = items.find(({ key }) => key === tour?.key)?.completed_at;
    return at ? dateIn(zone, Date.parse(at)) === day : false;
  });
}

function checkInsOf(departureId: string, facts: Facts): (CheckIn & Told)[] {
  const prefix = pairKey(departureId, "");
  return [...facts.checkIns].flatMap(([key, checkIn]) => (key.startsWith(prefix) ? [checkIn] : []));
}

function refusedAt(departureId: string, stopKey: string, { attention }: Scene): boolean {
  return attention.some(
    ({ op, seen }) => !seen && op.kind === "checked_in" && op.departure_id === departureId && op.stop_key === stopKey,
  );
}

function rosterOf(departureId: string, facts: Facts): DepartureView["roster"] {
  return facts.roster
    .filter((line) => line.departure_id === departureId)
    .map(({ person_id, name }) => {
      const own = facts.rosterCheckIns.filter((one) => one.departure_id === departureId && one.person_id === person_id);
      return {
        personId: person_id,
        name,
        checkedInStops: own.filter(({ in_review }) => !in_review).map(({ stop_key }) => stop_key),
        reviewedStops: own.filter(({ in_review }) => in_review).map(({ stop_key }) => stop_key),
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, "sv"));
}

function whenOf({ starts_at, ends_at }: MyDeparture, nowMs: number): DepartureView["when"] {
  if (nowMs < Date.parse(starts_at) - BEFORE_MS) return "coming";
  return nowMs <= Date.parse(ends_at) + AFTER_MS ? "now" : "past";
}
