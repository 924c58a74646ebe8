import assert from "node:assert/strict";
import { test } from "node:test";
import { failingMail, isTimeToAsk } from "../../pwa/src/model/reminders.ts";
import type { OutboxRow, Snapshot } from "../../pwa/src/model/snapshot.ts";
import type { ReminderView, View } from "../../pwa/src/model/view.ts";
import type { Reminder } from "../../pwa/src/protocol.gen.ts";
import {
  checkedIn,
  completed,
  DEPARTURE,
  departure,
  fact,
  NOW,
  REMINDER,
  reminded,
  row,
  said,
  see,
  TOUR,
  tour,
  world,
} from "./support/cast.ts";
import { COURSE } from "./support/phone.ts";

const attempt = { kind: "quiz_attempted", course_id: COURSE, version: 1, step_key: "q", answers: { one: ["a"] } };
const passed = { right: 1, questions: 1, passed: true, rightKeys: ["one"] };
const courseDone = () => [said(completed("a")), said(completed("b")), said(attempt, null, passed)];
const attended = () => [said(checkedIn("s1", "place")), said(checkedIn("s2", "typed_code"))];
const seen = { kind: "reminder_seen", reminder_id: REMINDER };
const putOff = (until_on: string) => ({ kind: "reminder_snoozed", reminder_id: REMINDER, until_on });
const muted = { kind: "reminder_muted", reminder_id: REMINDER };
const tomorrow = Date.parse("2026-11-24T07:00:00.000Z");

function viewOf(over: Partial<Reminder>, outbox: OutboxRow[] = [], nowMs = NOW, more: Snapshot["replica"] = []): View {
  return see(world({ replica: [...world().replica, ...more, reminded(over)], outbox }), nowMs);
}
function one(...given: Parameters<typeof viewOf>): ReminderView {
  const [first] = viewOf(...given).reminders;
  assert.ok(first);
  return first;
}
const state = (...given: Parameters<typeof viewOf>) => one(...given).state;

test("what nobody has seen is new, in the words of the person's language", () => {
  const { state: now, title, body } = one({});
  assert.deepEqual([now, title, body], ["new", "Välkommen", "Senast på fredag."]);
});

test("what is said to it holds at once, before the server knows of it, and is no act that waits to be sent", () => {
  assert.equal(state({}, [said(seen)]), "seen");
  assert.equal(state({}, [said(putOff("2026-11-24"))]), "put_off");
  assert.deepEqual([state({}, [said(muted)]), one({}, [said(muted)]).why], ["over", "muted"]);
  assert.equal(viewOf({}, [said(seen)]).waiting, 0);
});

test("what is muted is listed until that is taken back, before the server knows of it and after", () => {
  const closed = { is_muted: true, closed_at: "2026-11-23T09:00:00.000Z", closed_why: "muted" as const };
  const back = { kind: "reminder_unmuted", reminder_id: REMINDER };
  assert.deepEqual([one({}).isMuted, one({}, [said(muted)]).isMuted, one(closed).isMuted], [false, true, true]);
  const open = one({}, [said(muted), said(back)]);
  assert.deepEqual([open.isMuted, open.state], [false, "new"]);
  assert.equal(one(closed, [said(back)]).isMuted, false);
  assert.equal(one(closed, courseDone()).isMuted, false, "of what is done nobody is reminded anyway");
});

test("what was put off comes again on its day, as new, though it was seen before", () => {
  const before = [said(seen), said(putOff("2026-11-24"))];
  assert.deepEqual([state({}, before), one({}, before).until], ["put_off", "2026-11-24"]);
  assert.equal(state({}, before, tomorrow), "new");
  const seenAgain = { seen_at: "2026-11-24T06:00:00.000Z", snoozed_until: "2026-11-24" };
  assert.equal(state(seenAgain, [], tomorrow), "seen");
});

test("a course that was done offline settles its reminder, whatever the server still thinks", () => {
  assert.equal(state({}, [said(completed("a"))]), "new");
  assert.deepEqual([state({}, courseDone()), one({}, courseDone()).why], ["over", "done"]);
  const confirmed = [fact("a"), fact("b")];
  assert.equal(state({}, [said(attempt, null, passed)], NOW, confirmed), "over");
});

test("a reminder of two things is settled only by both", () => {
  const about = [`course/${COURSE}`, `activity/${TOUR}`];
  assert.equal(state({ about }, courseDone()), "new");
  assert.equal(state({ about }, attended()), "new");
  assert.equal(state({ about }, [...courseDone(), ...attended()]), "over");
});

test("a departure's reminder is over when it has left or is cancelled, except the one that tells that it is", () => {
  const about = [`departure/${DEPARTURE}`];
  const cancelled = [row("my_departure", DEPARTURE, { ...departure, is_cancelled: true })];
  const given = (rule: Reminder["rule"]) => ({ rule, about });
  const off = (rule: Reminder["rule"]) =>
    see(
      world({
        replica: [
          ...world().replica.filter(({ entity }) => entity !== "my_departure"),
          ...cancelled,
          reminded(given(rule)),
        ],
      }),
    ).reminders[0]?.state;
  assert.equal(state(given("tour_tomorrow")), "new");
  assert.equal(state(given("leaving"), [], Date.parse(departure.starts_at)), "over");
  assert.equal(state(given("leaving"), [said(checkedIn("s1", "place"))]), "over");
  assert.equal(off("leaving"), "over");
  assert.equal(off("departure_changed"), "new");
  assert.equal(state(given("departure_changed"), [], Date.parse(departure.starts_at)), "over");
});

test("what needs its person is over when they have read it; a message and a result are never done, only over in time", () => {
  const { op, seq } = said(completed("a"));
  const about = [`operation/${op.op_id}`];
  const refused = { op_id: op.op_id, seq, op, score: null, why: "rejected" as const, code: "gone", at: "" };
  const at = (rule: Reminder["rule"], read: boolean) =>
    see(world({ replica: [...world().replica, reminded({ rule, about })], attention: [{ ...refused, seen: read }] }))
      .reminders[0]?.state;
  assert.deepEqual([at("attention", false), at("attention", true)], ["new", "over"]);
  const act = said(checkedIn("s1", "typed_code"), { status: "review", code: "code_wrong" });
  const ring = [{ ...act, op_id: act.op.op_id, answered_at: "" }] as Snapshot["acknowledged"];
  const decided = (status: string) => {
    const receipt = { op_id: act.op.op_id, status, code: null, decided_at: "", is_decision: true, reason: null };
    const rows = [
      row("receipt", act.op.op_id, receipt),
      reminded({ rule: "attention", about: [`operation/${act.op.op_id}`] }),
    ];
    return see(world({ replica: [...world().replica, ...rows], acknowledged: ring })).reminders[0]?.state;
  };
  assert.deepEqual(["review", "rejected", "applied"].map(decided), ["new", "new", "over"]);
  assert.equal(at("exam_result", true), "new");
  assert.equal(state({ rule: "message", about: ["message/1"] }, courseDone()), "new");
  const over = { rule: "message" as const, about: ["message/1"], expires_at: "2026-11-23T08:00:00.000Z" };
  assert.deepEqual([state(over), one(over).why], ["over", "expired"]);
});

test("what the server has closed is over, with its reason", () => {
  const closed = { closed_at: "2026-11-23T07:30:00.000Z", closed_why: "cancelled" as const };
  assert.deepEqual([state(closed), one(closed).why], ["over", "cancelled"]);
});

test("new ones stand first, then seen ones, then what waits, then what is over", () => {
  const id = (n: number) => `0193a000-0000-7000-8000-00000000e00${n}`;
  const rows = [
    reminded({ reminder_id: id(1), closed_at: "2026-11-23T07:30:00.000Z", closed_why: "done" }),
    reminded({ reminder_id: id(2), seen_at: "2026-11-23T07:30:00.000Z" }),
    reminded({ reminder_id: id(3), snoozed_until: "2026-11-25" }),
    reminded({ reminder_id: id(4), made_at: "2026-11-22T07:00:00.000Z" }),
    reminded({ reminder_id: id(5) }),
  ];
  const { reminders } = see(world({ replica: [...world().replica, ...rows] }));
  assert.deepEqual(
    reminders.map((found) => found.id.at(-1)),
    ["5", "4", "2", "3", "1"],
  );
});

test("a nudge can wait and be muted, a bus can neither, and what ends today has no tomorrow", () => {
  const may = (over: Partial<Reminder>) => [one(over).canWait, one(over).canMute];
  assert.deepEqual(may({}), [true, true]);
  assert.deepEqual(may({ rule: "message", about: [] }), [true, false]);
  assert.deepEqual(may({ rule: "tour_tomorrow", about: [`departure/${DEPARTURE}`] }), [false, false]);
  assert.deepEqual(may({ expires_at: "2026-11-23T22:59:00.000Z" }), [false, true]);
});

test("a target that is no screen of the app opens the first one", () => {
  for (const target of ["https://else.example/", "//else.example", "/\\else.example", "javascript:alert(1)", ""]) {
    assert.equal(one({ target }).target, "/", target);
  }
});

test("preferences are what was said last, here or elsewhere", () => {
  const told = [row("preference", "mail", { name: "mail", value: "off", set_at: "" })];
  assert.deepEqual(viewOf({}).preferences, { reminders: true, mail: true, quietHours: null });
  const set = (name: string, value: string) => said({ kind: "preference_set", name, value });
  const outbox = [set("quiet_hours", "21:00-07:00"), set("reminders", "off")];
  assert.deepEqual(viewOf({}, outbox, NOW, told).preferences, {
    reminders: false,
    mail: false,
    quietHours: "21:00-07:00",
  });
  assert.equal(viewOf({}, [...outbox, set("quiet_hours", "after_shifts")]).preferences.quietHours, null);
});

test("a phone whose clock is a day wrong takes nothing for over that is not, and puts off until the true tomorrow", () => {
  const expires_at = new Date(NOW + 3_600_000).toISOString();
  const leaves = { rule: "tour_tomorrow" as const, about: [`departure/${DEPARTURE}`], expires_at };
  const day = 86_400_000;
  const at = (off: number) => {
    const snapshot = world({ replica: [...world().replica, reminded(leaves)], skewMs: -off });
    const { today, reminders } = see(snapshot, NOW + off);
    return [today, reminders[0]?.state];
  };
  assert.deepEqual(at(day), at(0));
  assert.deepEqual(at(-day), at(0));
  assert.equal(at(0)[1], "new");
});

test("mail that comes back is told for as long as nothing goes there, and a server of before says nothing of it", () => {
  const fails = { address: "ada@prov.example", until: "2026-12-24" };
  const at = (today: string, self: object | null) => failingMail({ self: self as View["self"], today });
  assert.deepEqual(at("2026-12-23", { mail_fails: fails }), fails);
  assert.equal(at("2026-12-24", { mail_fails: fails }), null);
  for (const self of [{ mail_fails: null }, {}, null]) assert.equal(at("2026-11-24", self), null);
});

test("nobody is asked at first sight: a course on the phone is begun first, or the bus leaves tomorrow", () => {
  const later = { ...departure, starts_at: "2026-11-26T08:00:00.000Z", ends_at: "2026-11-26T11:00:00.000Z" };
  const far = world().replica.map((given) => (given.entity === "my_departure" ? { ...given, data: later } : given));
  assert.equal(isTimeToAsk(see(world({ replica: far }))), false);
  assert.equal(isTimeToAsk(see(world({ replica: far, outbox: [said(completed("a"))] }))), true);
  const notHere = { replica: far, outbox: [said(completed("a"))], documents: [{ hash: "tour-v1", document: tour }] };
  assert.equal(isTimeToAsk(see(world(notHere))), false);
  assert.equal(isTimeToAsk(see(world())), true, "tomorrow");
});
