import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "../../pwa/src/model/snapshot.ts";
import type { CourseView, StepView, View } from "../../pwa/src/model/view.ts";
import type { Quiz } from "../../pwa/src/protocol.gen.ts";
import {
  checkedIn,
  completed,
  course,
  courseEnrolment,
  DEPARTURE,
  entry,
  fact,
  makeStep,
  NOW,
  PROGRAMME,
  programme,
  programmeEnrolment,
  quizStep,
  ref,
  row,
  said,
  see,
  world,
} from "./support/cast.ts";
import { COURSE, makePhone, step } from "./support/phone.ts";

const first = (view: View): CourseView => {
  const [one] = view.courses;
  assert.ok(one);
  return one;
};
const stepOf = (view: View, key: string): StepView => {
  const found = first(view).steps.find((one) => one.step.key === key);
  assert.ok(found);
  return found;
};
const passed = { right: 1, questions: 1, passed: true, rightKeys: ["one"] };
const attempt = { kind: "quiz_attempted", course_id: COURSE, version: 1, step_key: "q", answers: { one: ["a"] } };
const withRows = (rows: Snapshot["replica"], over: Partial<Snapshot> = {}) =>
  world({ ...over, replica: [...world().replica, ...rows] });

test("an act is on the screen at once, as saved and not as sent", () => {
  const view = see(world({ outbox: [said(completed("a"))] }));
  assert.equal(stepOf(view, "a").state, "saved");
  assert.equal(stepOf(view, "a").delivery, "waiting");
  assert.equal(view.waiting, 1);
  assert.equal(first(view).done, 1);
});

test("what the server confirmed is done and sent", () => {
  const view = see(withRows([fact("a")]));
  assert.equal(stepOf(view, "a").state, "done");
  assert.equal(stepOf(view, "a").delivery, "sent");
  assert.equal(view.waiting, 0);
});

test("between the outcome and the pull nothing flickers: the step stays done", () => {
  const taken = said(completed("a"), { status: "applied", at: { "person:x": 9 } });
  const between = see(world({ outbox: [taken] }));
  assert.equal(stepOf(between, "a").state, "done");
  assert.equal(between.waiting, 0);
  const after = see(withRows([fact("a")]));
  assert.equal(stepOf(after, "a").state, "done");
});

test("the whole way through a real store shows a step as done at every moment", async () => {
  const phone = makePhone();
  phone.server.publishesLate = true;
  phone.server.publish("catalogue_entry", COURSE, entry());
  await phone.store.write(["documents"], (tx) =>
    tx.objectStore("documents").put({ hash: "doc-v1", document: course() }),
  );
  await phone.engine.run();
  await phone.act(step("a"));
  const states = [stepOf(await phone.view(), "a").state];
  await phone.engine.run();
  const [waitsForStream] = await phone.outbox();
  assert.ok(waitsForStream?.outcome, "answered, and still in the overlay until the stream has it");
  states.push(stepOf(await phone.view(), "a").state);
  await phone.engine.run();
  assert.deepEqual(await phone.outbox(), []);
  states.push(stepOf(await phone.view(), "a").state);
  assert.deepEqual(states, ["saved", "done", "done"]);
});

test("what the server has stored and not applied stays on the screen as waiting", () => {
  const deferred = {
    ...said(completed("a"), { status: "deferred" }),
    op_id: "x",
    answered_at: "2026-11-23T08:00:00.000Z",
  };
  const view = see(world({ acknowledged: [deferred as Snapshot["acknowledged"][number]] }));
  assert.equal(stepOf(view, "a").state, "saved");
});

test("a rejected act leaves the screen's state, and says so where it was done", () => {
  const { op, seq } = said(completed("a"));
  const refused = {
    op_id: op.op_id,
    seq,
    op,
    score: null,
    why: "rejected" as const,
    code: "gone",
    at: "",
    seen: false,
  };
  const view = see(world({ attention: [refused] }));
  assert.equal(stepOf(view, "a").state, "now");
  assert.equal(stepOf(view, "a").delivery, "attention");
  assert.equal(view.attention, 1);
  assert.equal(see(world({ attention: [{ ...refused, seen: true }] })).attention, 0);
});

test("a quiz is done by a passed attempt, scored on the phone, and a failed one leaves it open", () => {
  const failed = said(attempt, null, { right: 0, questions: 1, passed: false, rightKeys: [] });
  assert.equal(stepOf(see(world({ outbox: [failed] })), "q").state, "open");
  const view = see(world({ outbox: [failed, said(attempt, null, passed)] }));
  assert.equal(stepOf(view, "q").state, "saved");
  assert.deepEqual(stepOf(view, "q").attempt?.right, 1);
});

test("all required steps done complete the course on the phone at once; the server's word makes it done", () => {
  const outbox = [said(completed("a")), said(completed("b")), said(attempt, null, passed)];
  const local = first(see(world({ outbox })));
  assert.equal(local.state, "saved");
  assert.ok(local.completedAt);
  const told = row("enrolment", COURSE, {
    ...courseEnrolment,
    completed_version: 1,
    completed_at: "2026-11-22T08:00:00.000Z",
  });
  assert.equal(first(see(withRows([told]))).state, "done");
});

test("a begun course stays on its version until it is completed, and unchanged steps carry over", () => {
  const v2 = course(2, [makeStep("a"), makeStep("b", { hash: "b-2" }), quizStep]);
  const newer = entry({ version: 2, documents: { sv: ref("doc-v2") } });
  const both = [...world().documents, { hash: "doc-v2", document: v2 }];
  const rows = world().replica.map((one) =>
    one.id === COURSE && one.entity === "catalogue_entry" ? { ...one, data: newer } : one,
  );
  const begun = see(world({ replica: rows, documents: both, outbox: [said(completed("a"))] }));
  assert.equal(first(begun).document?.version, 1);
  const pinned = row("enrolment", COURSE, {
    ...courseEnrolment,
    pinned: { version: 2, documents: { sv: ref("doc-v2") } },
  });
  const carried = see(world({ replica: [...rows, pinned, fact("a"), fact("b")], documents: both }));
  assert.equal(first(carried).document?.version, 2);
  assert.equal(stepOf(carried, "a").state, "done");
  assert.equal(stepOf(carried, "b").state, "now");
});

test("killed and reopened: one is where one was, but never on a step that is done", () => {
  const place = { kind: "place_kept", item_id: COURSE, step_key: "b", position_s: 42 };
  assert.deepEqual(first(see(world({ outbox: [said(place)] }))).here, { stepKey: "b", positionS: 42 });
  const after = see(world({ outbox: [said(place), said(completed("b"))] }));
  assert.deepEqual(first(after).here, { stepKey: "a", positionS: null });
});

test("where one was is no act: it is sent, and the pill does not count it", () => {
  const view = see(world({ outbox: [said({ kind: "place_kept", item_id: COURSE, step_key: "b", position_s: null })] }));
  assert.equal(view.waiting, 0);
  assert.equal(view.receipts.length, 0);
});

test("check-ins of a stop merge: the first time, the highest confidence, and what still waits", () => {
  const low = row("check_in", `${DEPARTURE}/s1`, {
    departure_id: DEPARTURE,
    stop_key: "s1",
    person_id: "x",
    checked_in_at: "2026-11-23T07:00:00.000Z",
    confidence: "low",
    methods: ["place"],
    in_review: false,
  });
  const view = see(withRows([low], { outbox: [said(checkedIn("s1", "typed_code"))] }));
  const checkIn = view.departures[0]?.stops[0]?.checkIn;
  assert.deepEqual(checkIn, { checkedInAt: "2026-11-23T07:00:00.000Z", confidence: "medium", delivery: "waiting" });
});

test("the attendance rule counts on the phone, and completes the programme's activity", () => {
  const places = [said(checkedIn("s1", "place")), said(checkedIn("s2", "place"))];
  assert.equal(see(world({ outbox: places })).departures[0]?.attended, false);
  const view = see(world({ outbox: [...places, said(checkedIn("s2", "typed_code"))] }));
  assert.equal(view.departures[0]?.attended, true);
  assert.equal(view.programmes[0]?.items[1]?.state, "saved");
});

test("when its check-ins are deleted the tour stays one that was attended, on its day only", () => {
  const on = (completed_at: string) => {
    const items = programmeEnrolment.items.map((one) => (one.key === "tour" ? { ...one, completed_at } : one));
    return see(withRows([row("enrolment", PROGRAMME, { ...programmeEnrolment, items })])).departures[0];
  };
  assert.equal(on("2026-11-23T23:00:00.000Z")?.attended, true);
  assert.equal(on("2026-11-23T22:59:59.999Z")?.attended, false);
});

test("a programme's items say what is soon and late, and what is best done first; none is closed for it", () => {
  const [welcome, tour] = see(world()).programmes[0]?.items ?? [];
  assert.equal(welcome?.state, "soon");
  assert.equal(tour?.state, "open");
  assert.deepEqual(tour?.waitsFor, ["welcome"]);
  const later = see(world(), NOW + 6 * 86_400_000).programmes[0]?.items[0];
  assert.equal(later?.state, "late");
});

test("a due date ends at local midnight, not at midnight in Greenwich", () => {
  const evening = Date.parse("2026-11-27T22:59:00.000Z"); // 23.59 in Stockholm
  assert.equal(see(world(), evening).programmes[0]?.items[0]?.state, "soon");
  assert.equal(see(world(), evening + 60_000).programmes[0]?.items[0]?.state, "late");
});

test("next: what is due, else what was begun, else five curious minutes of an open course", () => {
  assert.equal(see(world()).next?.why, "due");
  const done = {
    ...programmeEnrolment,
    items: programmeEnrolment.items.map((one) => ({ ...one, completed_at: "2026-11-22T08:00:00.000Z" })),
  };
  const free = world().replica.map((one) =>
    one.id === PROGRAMME && one.entity === "enrolment" ? { ...one, data: done } : one,
  );
  assert.equal(see(world({ replica: [...free, fact("a")] })).next?.why, "begun");
  assert.equal(see(world({ replica: free })).next, null);
  const open = free.map((one) =>
    one.id === COURSE && one.entity === "catalogue_entry" ? { ...one, data: entry({ is_open: true }) } : one,
  );
  assert.equal(see(world({ replica: open })).next?.why, "curious");
});

test("new in the catalogue is only what the person may take up", () => {
  const stranger = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  assert.deepEqual(see(world({ replica: stranger })).newest, []);
  const open = stranger.map((one) =>
    one.id === COURSE && one.entity === "catalogue_entry" ? { ...one, data: entry({ is_open: true }) } : one,
  );
  assert.equal(see(world({ replica: open })).newest.length, 1);
});

test("a closed course is offered to those whose programme has it, and to those who have begun it", () => {
  assert.equal(see(world()).courses[0]?.offered, true);
  const stranger = world().replica.filter(({ entity }) => !/enrolment/.test(entity));
  assert.equal(see(world({ replica: stranger })).courses[0]?.offered, false);
  const begun = see(world({ replica: stranger, outbox: [said(completed("a"))] }));
  assert.equal(begun.courses[0]?.offered, true);
});

test("an open course is chosen and left again offline; the last word counts", () => {
  const choose = said({ kind: "course_chosen", course_id: COURSE });
  assert.equal(first(see(world({ outbox: [choose] }))).chosen, true);
  const leave = said({ kind: "course_left", course_id: COURSE });
  assert.equal(first(see(world({ outbox: [choose, leave] }))).chosen, false);
});

test("after a change of language offline the text on the phone is shown, and says what it fell back to", () => {
  const view = see(world({ outbox: [said({ kind: "preference_set", name: "language", value: "en" })] }));
  assert.equal(view.language, "en");
  assert.equal(first(view).document?.language, "sv");
  assert.equal(first(view).fellBackTo, "sv");
});

test("only what is mandatory can be late: a voluntary item past its date is open, and nothing presses before it", () => {
  const voluntary = {
    ...programme,
    items: programme.items.map((item) => ({ ...item, is_mandatory: item.key === "tour" })),
  };
  const rows = world().replica.map((one) => (one.entity === "programme" ? { ...one, data: voluntary } : one));
  const at = (days: number) => see(world({ replica: rows }), NOW + days * 86_400_000).programmes[0]?.items;
  assert.deepEqual([at(3)?.[0]?.state, at(3)?.[0]?.dueOn], ["now", "2026-11-27"]);
  assert.deepEqual([at(40)?.[0]?.state, at(40)?.[0]?.dueOn], ["now", null]);
  assert.equal(at(40)?.[1]?.state, "late");
});

test("a guide sees who checked in, and whose code did not hold", () => {
  const line = { departure_id: DEPARTURE, person_id: "x", name: "Elif" };
  const seen = (stop_key: string, in_review: boolean) => ({
    ...row("check_in", `${DEPARTURE}/${stop_key}/x`, {
      departure_id: DEPARTURE,
      stop_key,
      person_id: "x",
      checked_in_at: "2026-11-23T07:00:00.000Z",
      confidence: "low",
      methods: ["typed_code"],
      in_review,
    }),
    stream: `departure:${DEPARTURE}`,
  });
  const view = see(withRows([row("roster_line", `${DEPARTURE}/x`, line), seen("s1", false), seen("s2", true)]));
  assert.deepEqual(view.departures[0]?.roster, [
    { personId: "x", name: "Elif", checkedInStops: ["s1"], reviewedStops: ["s2"] },
  ]);
});

test("registrations that the phone has lost are counted; those that it still holds are not", () => {
  const held = said(completed("a"));
  assert.equal(see(world({ missing: [[1000, 1002]], outbox: [held] })).lost, 3);
  assert.equal(see(world({ missing: [[held.seq, held.seq]], outbox: [held] })).lost, 0);
});

test("an entity that this version does not know is passed over", () => {
  assert.equal(see(withRows([row("tip", "1", {})])).courses.length, 1);
});

test("an exam that was answered and not sent is on its way, also after the app was opened anew", () => {
  const view = see(world({ outbox: [said(attempt)] }));
  const exam = stepOf(view, "q");
  assert.equal(exam.delivery, "waiting");
  assert.equal(exam.attempt, null);
  assert.notEqual(exam.state, "saved");
  assert.equal(first(view).begun, true);
});

test("a quiz that is to be tried again tells its result in the programme, until an exam's new answers are on their way", () => {
  const exam = makeStep("q", { ...quizStep, quiz: { ...(quizStep.quiz as Quiz), mode: "exam" } });
  const documents = [{ hash: "doc-v1", document: course(1, [makeStep("a"), exam]) }];
  const scored = (right: number, passed: boolean) =>
    row("attempt", `try-${right}`, {
      course_id: COURSE,
      step_key: "q",
      version: 1,
      attempted_at: `2026-11-22T0${right}:00:00.000Z`,
      right,
      questions: 6,
      passed,
    });
  const told = (view: View) => view.programmes[0]?.items[0]?.unpassed;
  assert.equal(told(see(withRows([scored(3, false)], { documents })))?.right, 3);
  assert.equal(told(see(withRows([scored(3, false)], { documents, outbox: [said(attempt)] }))), null);
  assert.equal(told(see(withRows([scored(3, false), scored(6, true)], { documents }))), null);
});
