import assert from "node:assert/strict";
import { test } from "node:test";
import { view } from "../../pwa/src/app-state.ts";
import { clockTime, dateOf, wholeDate } from "../../pwa/src/texts/times.ts";
import { ADA, row, see, world } from "./support/cast.ts";

const ELEVEN = Date.parse("2026-11-24T11:00:00.000Z");
const seenIn = (zone: string | undefined) =>
  see(world({ replica: [row("self", ADA, { person_id: ADA, name: "Ada", language: "sv", units: [], zone })] }), ELEVEN);

test("today is the day in the organisation's zone, wherever the phone is", () => {
  assert.equal(seenIn("Europe/Stockholm").today, "2026-11-24");
  assert.equal(seenIn("Pacific/Kiritimati").today, "2026-11-25");
});

test("a zone that this phone does not know, or has not heard yet, spoils nothing", () => {
  assert.equal(seenIn("Europe/Ekerö").today, "2026-11-24");
  assert.equal(seenIn(undefined).today, "2026-11-24");
});

test("times are said in the organisation's zone, and a date is the same day in every zone", () => {
  const before = view.value;
  view.value = seenIn("Pacific/Kiritimati");
  assert.equal(dateOf(new Date(ELEVEN)), "2026-11-25");
  assert.equal(clockTime(new Date(ELEVEN), "en"), "01:00");
  assert.equal(wholeDate("2026-11-24", "sv"), "Tisdag 24 november");
  view.value = before;
});
