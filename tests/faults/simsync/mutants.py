"""The seeded bugs. Each is a mistake that somebody may make one day; a run in which one of them lives proves nothing."""

from server.activities import checking_in
from server.foundation import bulk, changefeed
from server.learning import choosing, deadlines, keeping, present, recording, standing
from server.people import devices, preferring
from server.reminders import answering
from server.sync import erasing, feed, gather, receive, replaying, timing

from . import network, phone, store
from .breaking import Edit, Mutant


def mutant(why: str, *edits: tuple[object, str, str]) -> Mutant:
    return Mutant(why, tuple(Edit(*edit) for edit in edits))  # type: ignore[arg-type]


RULES = {
    "done_last_write_wins": mutant(
        "the row is simply written again, and a step becomes as young as its last telling",
        (recording._record, "before is None or one.act.at < before", "True"),
    ),
    "doubt_passed_over": mutant(
        "a clock that nobody can believe decides whether something was done in time",
        (recording._timely, "deadlines.in_doubt(connection, may)", "set()"),
    ),
    "doubt_everywhere": mutant(
        "every odd clock makes work for a coordinator, also long before the deadline",
        (deadlines.is_doubtful, "abs(at - deadline) <= NEAR and", ""),
    ),
    "first_time_is_the_last": mutant(
        "min and max confused: one checks in when the last evidence was given",
        (checking_in.check_in, "min(old.checked_in_at", "max(old.checked_in_at"),
    ),
    "confidence_of_the_last": mutant(
        "weak evidence that comes later takes back what better one has shown",
        (checking_in.check_in, "max(old.confidence, seen.confidence)", "seen.confidence"),
    ),
    "attempts_added": mutant(
        "a counter where each attempt stands for itself: two phones, twice the points",
        (
            recording.attempt_quizzes,
            "rows.append(_attempt_row(one, *result))",
            'rows.append(_attempt_row(one, result[0] + sum(r["right"] for r in rows), *result[1:]))',
        ),
    ),
    "attempt_has_no_key": mutant(
        "an attempt is kept under its quiz and not under its operation: the next one finds its place taken",
        (recording._attempt_row, '"op_id": one.act.op_id', '"op_id": one.step_key + one.act.person_id[:30]'),
    ),
    "note_by_arrival": mutant(
        "the last that comes wins, and an old text from a forgotten phone covers the new one",
        (keeping.keep_notes, "row and (at, op_id) >=", 'row and ("", op_id) is None and (at, op_id) >='),
    ),
    "choice_by_arrival": mutant(
        "left and chosen again: the order of arrival decides",
        (choosing.choose_courses, '(row["chosen_at"], row["chosen_op"]) >= one.act.order', "False"),
    ),
    "preference_by_arrival": mutant(
        "a setting of yesterday comes back",
        (preferring.set_preferences, "if row and (at, op_id) >=", "if row and not row and (at, op_id) >="),
    ),
    "put_off_by_arrival": mutant(
        "a reminder is put off until the day that was said first",
        (answering.answer_reminders, "one.act.order > _before(row, one.said_of)", "True"),
    ),
    "evidence_of_the_first_alone": mutant(
        "what did not hold is thrown away, and nobody can look at it",
        (checking_in._evidence, 'verdict.status != "rejected"', 'verdict.status == "applied"'),
    ),
    "pinned_by_arrival": mutant(
        "a course is pinned to the version that was heard of first, not done first",
        (standing.begin, 'one.act.order < (row["begun_at"], row["begun_op"])', "False"),
    ),
    "completed_by_arrival": mutant(
        "the time of completion is the one that was heard of first",
        (standing.settle_items, "key not in before or _earliest(row) < before[key]", "key not in before"),
    ),
}
LEDGER = {
    "effect_outside_the_transaction": mutant(
        "the effect is committed and then the ledger is written: a crash between them, and it happens twice",
        (
            receive._settle,
            "    ledger.write(connection, rows)",
            '    connection.exec_driver_sql("COMMIT")\n    connection.exec_driver_sql("BEGIN IMMEDIATE")\n'
            "    ledger.write(connection, rows)",
        ),
    ),
    "nobody_looks_into_the_ledger": mutant(
        "merges bear repetition, so why look: the canary does not",
        (receive.receive, "one.op_id not in known and ", ""),
        (bulk.insert, 'rows, "")', 'rows, "ON CONFLICT DO NOTHING")'),
    ),
    "twice_in_one_push": mutant(
        "two pushes of one transaction bring the same operation, and neither is in the ledger yet",
        (
            receive.receive,
            "entries[one.op_id] = _read",
            "entries[one.op_id + push.device_id * (one.op_id in entries)] = _read",
        ),
        (receive.receive, " and one.op_id not in entries", ""),
        (bulk.insert, 'rows, "")', 'rows, "ON CONFLICT DO NOTHING")'),
    ),
    "no_hash_check": mutant(
        "an id that is known is good, whatever comes under it",
        (
            receive._answer,
            "before.person_id == push.person_id and before.hash == one.hash",
            ("before.person_id == push.person_id"),
        ),
    ),
    "anybodys_id": mutant(
        "who sends an id that is known hears its outcome, also somebody else",
        (receive._answer, "before.person_id == push.person_id and ", ""),
    ),
    "outcome_made_anew": mutant(
        "an outcome is worked out again at each telling, and is another one",
        (receive._answer, "return before.outcome if", 'return before.outcome | {"status": "merged", "code": None} if'),
    ),
    "neighbours_spoiled": mutant(
        "one operation fails, and with it everything that was sent together with it, for ever",
        (receive._apply, "_apply_one(connection, one)", 'Verdict("retry", "unexpected")'),
    ),
    "replayed_twice": mutant(
        "what was put aside is applied again at each replay",
        (replaying.replay, ", ~receipt.exists()", ""),
    ),
    "answers_swapped": mutant(
        "who shares a transaction gets another's answer",
        (gather.Gathering._settle, "zip(group, answers, strict=True)", "zip(group, answers[::-1], strict=True)"),
    ),
    "gaps_forgotten": mutant(
        "what never came is not missed",
        (devices.seen, "gaps = [*gaps, (highest + 1, seq - 1)]", "pass"),
    ),
}
TIME = {
    "skew_not_reckoned": mutant(
        "the phone's clock is believed", (timing.effective, "moved = occurred_at + skew", "moved = occurred_at")
    ),
    "skew_the_wrong_way": mutant(
        "a sign confused", (timing.effective, "moved = occurred_at + skew", "moved = occurred_at - skew")
    ),
    "not_clamped": mutant(
        "an act of the year 2099 stands for 73 years",
        (timing.effective, "at = min(max(moved, earliest), received_at)", "at = moved"),
    ),
    "not_clamped_below": mutant(
        "who sets the clock back has done it in time", (timing.effective, "max(moved, earliest)", "moved")
    ),
}
STREAMS = {
    "numbers_without_a_lock": mutant(
        "a serial number as cursor: the lower one commits after the higher one, and who has read that never sees it",
        (
            changefeed.publish,
            '    put(connection, SyncChange, rows, key=("stream", "entity", "entity_id"))',
            '    rows, connection.info["held"] = connection.info.get("held") or [], rows\n'
            '    put(connection, SyncChange, rows, key=("stream", "entity", "entity_id"))',
        ),
    ),
    "head_taken_for_the_page": mutant(
        "the cursor is set to the end although a page was all that was read",
        (feed.read, "    if not more:\n", "    if True:\n"),
    ),
    "touch_forgotten": mutant(
        "the fact stands, and the person's other phone never hears of it",
        (recording._with_touches, '"applied", None, (fact, *', '"applied", None, (*(), *'),
    ),
    "another_s_notes": mutant(
        "a filter is forgotten in a loader: whoever wrote at the same step is read",
        (
            present.notes,
            "connection.execute(_NOTES,",
            'connection.execute(sa.select(*_NOTES.selected_columns).where(any_of(Note.course_id, "courses")),',
        ),
    ),
    "everybody_guides": mutant(
        "a departure's stream goes to whoever has a seat",
        (
            feed.streams_of,
            "for departure in guided)",
            "for departure in {*guided, *(row[0] for row in connection.exec_driver_sql("
            "'SELECT departure_id FROM booking WHERE person_id = ?', (person_id,)))})",
        ),
    ),
    "reset_not_told": mutant(
        "a stream that one may no longer read is simply not there any more",
        (feed.read, "if stream not in allowed]", "if stream not in allowed and not allowed]"),
    ),
}
PHONE = {
    "deleted_when_sent": mutant(
        "what has left the phone is told",
        (phone.Phone.question, "    asked = Asked(", "    for row in rows:\n        store.outbox.pop(row.seq)\n    asked = Asked("),
    ),
    "given_up_after_three_failures": mutant(
        "a cap on attempts",
        (phone.Phone.refused, "self.failures += 1",
            "self.failures += 1\n    if self.failures > 2:\n        question.store.outbox.clear()"),
    ),
    "portal_believed": mutant(
        "status 200 is success",
        (network.Network.reply, "if answer is None:", "if answer is None and reply.status == 200:\n"
            "        for row in question.rows:\n            question.store.outbox.pop(row.seq, None)\n    if answer is None:"),
    ),
    "any_answer_will_do": mutant(
        "a question without operations is answered by whatever a proxy still has (once a fault of this app)",
        (phone.Phone.read, 'answer["asked_at"] == instant_of(question.request.wall_ms)', "True"),
    ),
    "outcomes_by_their_place": mutant(
        "the third outcome is of the third operation: until a proxy answers from its cache",
        (store.answers_all, "return len(outcomes) == len(rows) and all", "return True or all"),
        (store.take_outcomes, 'by_id.get(outcome["op_id"])', "waiting(store)[0] if waiting(store) else None"),
        (phone.Phone.read, 'answer["asked_at"] == instant_of(question.request.wall_ms)', "True"),
    ),
    "ring_not_told_again": mutant(
        "a restored server is asked for everything and told nothing",
        (store.begin_epoch, "[*store.ring.values(), *store.outbox.values()]", "[*store.outbox.values()]"),
    ),
    "no_ring": mutant(
        "what is told is told, and room is dear",
        (store.settle, "> RING_MS", ">= 0"),
    ),
    "answered_rows_not_told_again": mutant(
        "what was answered and still lies over the replica is not told again after a restore",
        (store.begin_epoch, "store.outbox[row.seq] = Row(row.seq, row.op)", "store.outbox[row.seq] = row"),
    ),
    "overlay_dropped_when_answered": mutant(
        "the answer is there, so the act can go: and is not on the screen until the next page",
        (store.is_reached, "not more and all(", "True or all("),
    ),
    "overlay_dropped_on_a_page": mutant(
        "its number is passed on a page of several, and its row lies on a later one (once a fault of this app)",
        (store.is_reached, "not more and all(", "all("),
    ),
    "overlay_never_dropped": mutant(
        "an act lies over what others have said since, for ever",
        (store.is_reached, "return not more and", "return False and"),
    ),
    "cursor_before_the_rows": mutant(
        "the cursor is kept first, and the phone dies before the rows are",
        (store.take_answer, "    with store.writing():", "    asked = asked._replace(cursor=answer['cursor'])\n"
            "    if store.epoch in (None, answer['epoch']):\n        store.cursor = answer['cursor']\n    with store.writing():"),
    ),
    "reset_keeps_rows": mutant(
        "a stream is left, and its rows stay",
        (store.drop_stream, "if key[0] == stream", "if key[0] == stream + '!'"),
    ),
    "old_rows_under_a_new_snapshot": mutant(
        "everything is asked anew and laid over what was there",
        (store.take_changes, "store.replica.clear()", "pass"),
        (store.drop_stream, "if key[0] == stream", "if key[0] == stream + '!'"),
    ),
    "refused_in_silence": mutant(
        "what the server will not have is deleted",
        (store.set_aside, 'store.attention[row.op["op_id"]] = (row, code)', "pass"),
    ),
    "retry_taken_for_told": mutant(
        "not this time is as good as told",
        (store.take_outcomes, ' or outcome["status"] == "retry"', ""),
    ),
    "shared_outbox": mutant(
        "one outbox a phone, and who is signed in sends it",
        (phone.Phone.store_of, "if person_id not in self.stores:", "if self.stores and person_id not in self.stores:\n"
            "        self.stores[person_id] = next(iter(self.stores.values()))\n"
            "        self.stores[person_id].person_id = person_id\n    if person_id not in self.stores:"),
    ),
    "reused_ids": mutant(
        "an id made of device and number: the copied profile makes the same ones",
        (phone.Phone.act, "new_id(self.rng, wall)", "new_id(random.Random(f'{store.device_id} {store.last_seq}'), 0)"),
    ),
    "id_made_when_sent": mutant(
        "each sending is an operation of its own",
        (phone.Phone.question, '[row.op for row in rows]', '[row.op | {"op_id": new_id(self.rng, wall)} for row in rows]'),
    ),
    "stamped_when_sent": mutant(
        "the time is that of the sending, and another one at each",
        (phone.Phone.question, '[row.op for row in rows]', '[row.op | {"occurred_at": instant_of(wall)} for row in rows]'),
    ),
    "numbers_begin_again": mutant(
        "the storage is lost, and the phone counts from one: nobody can see that something is gone",
        (phone.Phone.store_of, "Store(person_id, device, last_seq)", "Store(person_id, device, 0)"),
    ),
    "wiped_with_acts_waiting": mutant(
        "another person signs in, and what the first one did goes with the database",
        (phone.Phone.sign_in, "and not stores.waiting(before)", ""),
    ),
    "never_asks_again": mutant(
        "a failure ends it until somebody taps, and nobody does",
        (store.next_rows, "due = [row for row in waiting(store) if is_due", "due = [row for row in waiting(store)[:0] if is_due"),
    ),
}  # fmt: skip
ERASURE = {
    "erased_comes_back": mutant(
        "a backup is restored, and nobody looks into the list of who was erased",
        (erasing.erase_again, "for person_id in found:", "for person_id in []:"),
    ),
    "ledger_is_kept": mutant(
        "an erasure takes what acts have made true, and leaves the acts",
        (erasing._erase_ledger, "for model in OF_PERSON:", "for model in OF_PERSON[:1]:"),
    ),
    "behind_the_erasure": mutant(
        "a push whose session was read before the erasure is written after it",
        (devices.register, 'if connection.execute(_ERASED, {"id": person_id}).scalar_one():', "if False:"),
    ),
}
MUTANTS: dict[str, Mutant] = {**RULES, **LEDGER, **TIME, **STREAMS, **PHONE, **ERASURE}
