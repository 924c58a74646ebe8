// What the receipts say of an act, from waiting to decided.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "../../pwa/src/model/snapshot.ts";
import type { CourseView, StepView, View } from "../../pwa/src/model/view.ts";
import { checkedIn, row, said, see, world } from "./support/cast.ts";
import { COURSE } from "./support/phone.ts";

const first = (view: View): CourseView => {
  const [one] = view.courses;
  assert.ok(one);
  return one;
};
const _stepOf = (view: View, key: string): StepView => {
  const found = first(view).steps.find((one) => one.step.key === key);
  assert.ok(found);
  return found;
};
const _passed = { right: 1, questions: 1, passed: true, rightKeys: ["one"] };
const attempt = { kind: "quiz_attempted", course_id: COURSE, version: 1, step_key: "q", answers: { one: ["a"] } };
const withRows = (rows: Snapshot["replica"], over: Partial<Snapshot> = {}) =>
  world({ ...over, replica: [...world().replica, ...rows] });

test("a receipt follows its act from waiting to what a person decided later", () => {
  const checkIn = said(checkedIn("s1", "typed_code"));
  assert.equal(see(world({ outbox: [checkIn] })).receipts[0]?.status, "waiting");
  const review = { ...checkIn, outcome: { ...said(checkedIn("s1", "place"), {}).outcome, status: "review", at: null } };
  const ring = [
    { ...review, op_id: checkIn.op.op_id, answered_at: "2026-11-23T09:00:00.000Z" },
  ] as Snapshot["acknowledged"];
  const view = see(world({ acknowledged: ring }));
  assert.equal(view.receipts[0]?.status, "review");
  assert.equal(view.receipts[0]?.subject, "Stop s1");
  assert.equal(view.departures[0]?.stops[0]?.checkIn?.delivery, "review");
  const decided = row("receipt", checkIn.op.op_id, {
    op_id: checkIn.op.op_id,
    status: "rejected",
    code: "code_wrong",
    decided_at: "",
  });
  const after = see(withRows([decided], { acknowledged: ring }));
  assert.equal(after.receipts[0]?.status, "rejected");
  assert.equal(after.attention, 1);
  assert.equal(after.departures[0]?.stops[0]?.checkIn, null);
});

test("what a person has decided stands on its receipt, with their reason", () => {
  const checkIn = said(checkedIn("s1", "typed_code"), { status: "review", code: "code_wrong" });
  const ring = [{ ...checkIn, op_id: checkIn.op.op_id, answered_at: "2026-11-23T09:00:00.000Z" }];
  const receipt = (status: string, is_decision: boolean, reason: string | null = null) => {
    const data = { op_id: checkIn.op.op_id, status, code: null, decided_at: "", is_decision, reason };
    const rows = [row("receipt", checkIn.op.op_id, data)];
    return see(withRows(rows, { acknowledged: ring as Snapshot["acknowledged"] })).receipts[0];
  };
  const { decided, savedAt, sentAt } = receipt("applied", true, "Guiden läste fel") ?? {};
  assert.deepEqual(decided, { reason: "Guiden läste fel" });
  assert.deepEqual([savedAt, sentAt], [checkIn.op.occurred_at, "2026-11-23T09:00:00.000Z"]);
  assert.deepEqual(receipt("rejected", true)?.decided, { reason: null });
  assert.equal(receipt("applied", false)?.decided, null, "the server took it, of itself");
});

test("a wrong code is no longer looked at once the right one has come for the same stop", () => {
  const told = (method: "place" | "typed_code", status: "review" | "applied", code: string | null) => {
    const one = said(checkedIn("s1", method), { status, code, at: null });
    return { ...one, op_id: one.op.op_id, answered_at: "2026-11-23T09:00:00.000Z" } as Snapshot["acknowledged"][number];
  };
  const wrong = told("typed_code", "review", "code_wrong");
  const place = told("place", "applied", null);
  const right = told("typed_code", "applied", null);
  const statuses = (acknowledged: Snapshot["acknowledged"]) =>
    see(world({ acknowledged })).receipts.map(({ status }) => status);
  assert.deepEqual(statuses([wrong, right]), ["applied", "superseded"]);
  assert.deepEqual(statuses([wrong, place]), ["applied", "superseded"]);
  assert.deepEqual(statuses([place, told("typed_code", "review", "code_wrong")]), ["review", "applied"]);
});

test("what an exam came to stands on its receipt when the server has scored it", () => {
  const exam = said(attempt, { at: null });
  const ring = [{ ...exam, op_id: exam.op.op_id, answered_at: "2026-11-23T09:00:00.000Z" }] as Snapshot["acknowledged"];
  assert.equal(see(world({ acknowledged: ring })).receipts[0]?.result, null);
  const scored = row("attempt", exam.op.op_id, {
    course_id: COURSE,
    step_key: "q",
    version: 1,
    attempted_at: exam.op.occurred_at,
    right: 3,
    questions: 6,
    passed: false,
  });
  const view = see(withRows([scored], { acknowledged: ring }));
  assert.deepEqual(view.receipts[0]?.result, { right: 3, questions: 6, passed: false });
});
