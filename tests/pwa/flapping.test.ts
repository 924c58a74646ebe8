import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { startTriggers } from "../../pwa/src/sync/triggers.ts";
import { FakeServer } from "./support/fake-server.ts";
import { makePhone, type Phone, step, Time, unseen } from "./support/phone.ts";

const UP_MS = 2_000;
const PERIOD_MS = 22_000;
const HOUR_MS = 3_600_000;
const ACTS = 60;

/** Numbers between 0 and 1 by a seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A line that stands for two seconds in twenty-two, and breaks off one answer in three: what it carried, and of whom. */
class Flapping {
  bytes = 0;
  flaps: boolean;
  #time: Time;
  #random: () => number;

  constructor(server: FakeServer, time: Time, random: () => number, flaps: boolean) {
    this.flaps = flaps;
    this.#time = time;
    this.#random = random;
    const { fetch } = server;
    server.fetch = async (url, init) => {
      if (!this.isUp) throw new TypeError("network");
      const answer = await fetch(url, init);
      const text = await answer.text();
      const isCut = this.flaps && this.#random() < 1 / 3;
      const carried = isCut ? text.slice(0, text.length / 2) : text;
      this.bytes += sizeOf(init.body) + carried.length;
      return new Response(carried, answer);
    };
  }

  get isUp(): boolean {
    return !this.flaps || this.#time.monotonic % PERIOD_MS < UP_MS;
  }
}

const sizeOf = (body: unknown) => (typeof body === "string" ? body.length : ((body as ArrayBuffer)?.byteLength ?? 0));

/** An hour on the bus: an act a minute, and the phone says so each time that a network is there again. */
async function anHour(seed: number, flaps: boolean): Promise<{ phone: Phone; line: Flapping; told: number[] }> {
  const random = dice(seed);
  const server = new FakeServer(randomUUID());
  const time = new Time();
  const line = new Flapping(server, time, random, flaps);
  const phone = makePhone(server, time, null, random);
  const window = new EventTarget();
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const ports = { window, document: page, random, setTimer: time.setTimer };
  const triggers = startTriggers({ engine: phone.engine, ...ports, ...unseen });
  const told = [];
  for (let second = 0; second < HOUR_MS / 1_000; second++) {
    if (second % (HOUR_MS / 1_000 / ACTS) === 0) {
      await phone.act(step(`s${second}`));
      triggers.acted();
    }
    if (line.flaps && time.monotonic % PERIOD_MS === 0) window.dispatchEvent(new Event("online"));
    if (time.pass(1_000) > 0) await atRest(phone);
    told.push(server.effects.size);
  }
  line.flaps = false;
  await phone.engine.run(true);
  triggers.stop();
  return { phone, line, told };
}

async function atRest({ engine, store }: Phone): Promise<void> {
  do await store.withDatabase((db) => db.count("meta"));
  while (engine.state === "sending");
}

test("an hour with two seconds of network in twenty-two: nothing is stuck, nothing doubled, and it costs little more", async () => {
  const clean = await anHour(1, false);
  for (const seed of [1, 2, 3]) {
    const { phone, line, told } = await anHour(seed, true);
    assert.ok([...phone.server.effects.values()].every((times) => times === 1));
    assert.equal(phone.server.effects.size, ACTS);
    assert.equal((await phone.outbox()).length, 0);
    const quarters = [900, 1_800, 2_700, 3_599].map((second) => told[second] ?? 0);
    assert.ok(
      quarters.every((count, n) => count > (quarters[n - 1] ?? 0)),
      `each quarter of an hour something arrives: ${quarters}`,
    );
    assert.ok(line.bytes <= 1.5 * clean.line.bytes, `${line.bytes} bytes for ${clean.line.bytes}`);
  }
});
