// The phone's store against the simulator's model of it (tests/faults/simsync/store.py): one file of stories, read by both.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import type { Outcome, SyncResponse } from "../../pwa/src/protocol.gen.ts";
import { type Asked, takeAnswer } from "../../pwa/src/storage/answer.ts";
import { readMeta } from "../../pwa/src/storage/database.ts";
import { knowDevice, renewDevice } from "../../pwa/src/storage/device.ts";
import { enter } from "../../pwa/src/storage/outbox.ts";
import { nextQuestion } from "../../pwa/src/sync/exchange.ts";
import { makePhone, type Phone, step } from "./support/phone.ts";

type Change = [stream: string, entity: string, id: string, data: object | null];
interface Told {
  to: string;
  epoch: string;
  server_time: string;
  cursor: string;
  reached: Record<string, number>;
  reset: string[];
  more: boolean;
  changes: Change[];
  outcomes: [act: string, status: Outcome["status"], code: string | null, at: Record<string, number> | null][];
  missing: [number, number][];
}
type Step = { act: string } | { ask: string } | { answer: Told } | { renew: true };

/** The acts by the names that the story gives them. */
class Story {
  readonly phone: Phone = makePhone();
  readonly #ids = new Map<string, string>();
  readonly #asked = new Map<string, Asked>();
  readonly how: string[] = [];
  readonly sent: string[][] = [];

  async play(step_: Step): Promise<void> {
    const { store, clock, time } = this.phone;
    if ("act" in step_) {
      const row = await enter(store, step(step_.act), clock);
      this.#ids.set(step_.act, row.op.op_id);
    } else if ("ask" in step_) {
      const { asked, rows } = await nextQuestion(store, 100, () => true);
      this.#asked.set(step_.ask, asked);
      this.sent.push(rows.map(({ op }) => this.#nameOf(op.op_id)));
    } else if ("answer" in step_) {
      const asked = this.#asked.get(step_.answer.to);
      assert.ok(asked);
      this.how.push((await takeAnswer(store, asked, this.#answer(step_.answer), time.now)).how);
    } else {
      await knowDevice(store, null);
      await renewDevice(store);
    }
  }

  #nameOf(id: string): string {
    return [...this.#ids].find(([, one]) => one === id)?.[0] ?? "?";
  }

  #answer({ to, changes, outcomes, ...rest }: Told): SyncResponse {
    return {
      protocol: 1,
      asked_at: rest.server_time,
      ...rest,
      changes: changes.map(([stream, entity, id, data]) => ({ stream, entity, id, deleted: !data, v: 1, data })) as [],
      outcomes: outcomes.map(([act, status, code, at]) => ({
        op_id: this.#ids.get(act) ?? randomUUID(),
        status,
        code,
        at,
        effective_at: null,
        retry_after_s: null,
      })),
    };
  }

  async state(): Promise<object> {
    return this.phone.store.read(["outbox", "acknowledged", "attention", "replica", "meta"], async (tx) => {
      const [outbox, ring, attention, replica] = await Promise.all([
        tx.objectStore("outbox").getAll(),
        tx.objectStore("acknowledged").getAll(),
        tx.objectStore("attention").getAll(),
        tx.objectStore("replica").getAll(),
      ]);
      const meta = async (
        key: "cursor" | "epoch" | "reached" | "missing" | "partial" | "last_seq" | "numbered_after",
      ) => (await readMeta(tx, key)) ?? null;
      return {
        how: this.how,
        sent: this.sent,
        outbox: outbox.map(({ seq, op, outcome }) => [seq, this.#nameOf(op.op_id), outcome?.status ?? null]),
        ring: ring.map(({ op_id }) => this.#nameOf(op_id)).sort(),
        attention: attention.map(({ op_id, code }) => [this.#nameOf(op_id), code]).sort(),
        replica: replica.map(({ stream, entity, id }) => `${stream} ${entity} ${id}`).sort(),
        cursor: await meta("cursor"),
        epoch: await meta("epoch"),
        reached: (await meta("reached")) ?? {},
        missing: (await meta("missing")) ?? [],
        partial: (await meta("partial")) ?? false,
        last_seq: (await meta("last_seq")) ?? 0,
        numbered_after: (await meta("numbered_after")) ?? 0,
      };
    });
  }
}

const vectors = JSON.parse(readFileSync(new URL("../vectors/phone.json", import.meta.url), "utf8"));
suite("phone", () => {
  for (const { name, given, then } of vectors as { name: string; given: Step[]; then: object }[]) {
    test(name, async () => {
      const story = new Story();
      for (const one of given) await story.play(one);
      assert.deepEqual(await story.state(), then);
    });
  }
});
