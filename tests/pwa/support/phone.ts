// A phone in a test: a real store on fake-indexeddb, a real engine, and time that stands until it is moved.
import "fake-indexeddb/auto";
import { randomUUID } from "node:crypto";
import { project } from "../../../pwa/src/model/project.ts";
import type { View } from "../../../pwa/src/model/view.ts";
import { openPerson, type PersonStore } from "../../../pwa/src/storage/database.ts";
import { type Draft, enter } from "../../../pwa/src/storage/outbox.ts";
import { readSnapshot } from "../../../pwa/src/storage/reading.ts";
import type { OutboxRow } from "../../../pwa/src/storage/schema.ts";
import { createClock, type SyncClock } from "../../../pwa/src/sync/clock.ts";
import { createEngine, type Engine, type EngineState } from "../../../pwa/src/sync/engine.ts";
import { ensureRegistered } from "../../../pwa/src/sync/registering.ts";
import type { Transport } from "../../../pwa/src/sync/transport.ts";
import { createTransport } from "../../../pwa/src/sync/transport.ts";
import { FakeServer } from "./fake-server.ts";

export class Time {
  now = Date.parse("2026-11-23T08:00:00.000Z");
  monotonic = 0;
  timers: { at: number; act: () => void }[] = [];

  setTimer = (act: () => void, ms: number): (() => void) => {
    const timer = { at: this.now + ms, act };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  };

  /** Lets time pass; returns how many timers rang. */
  pass(ms: number): number {
    this.now += ms;
    this.monotonic += ms;
    const due = this.timers.filter(({ at }) => at <= this.now);
    this.timers = this.timers.filter(({ at }) => at > this.now);
    for (const { act } of due) act();
    return due.length;
  }
}

export interface Phone {
  personId: string;
  server: FakeServer;
  time: Time;
  clock: SyncClock;
  store: PersonStore;
  engine: Engine;
  transport: Transport;
  states: EngineState[];
  stopped: string[];
  connection: boolean[];
  act(draft: Draft): Promise<OutboxRow>;
  view(): Promise<View>;
  outbox(): Promise<OutboxRow[]>;
  /** the same phone, opened a second time: another tab */
  again(): Phone;
  /** the app was killed and is opened again; only the wall clock has gone on */
  restarted(): Phone;
}

export function makePhone(
  server = new FakeServer(randomUUID()),
  time = new Time(),
  locks: LockManager | null = null,
  random: () => number = () => 0.5,
): Phone {
  const { personId } = server;
  const store = openPerson(personId, async () => undefined);
  const clock = createClock(
    () => time.now,
    () => time.monotonic,
  );
  const states: EngineState[] = [];
  const stopped: string[] = [];
  const connection: boolean[] = [];
  const transport = createTransport({ fetch: server.fetch, setTimer: time.setTimer, appVersion: "test" });
  const engine = createEngine({
    store,
    transport,
    prepare: () => ensureRegistered(store, transport, null, "test", time.now),
    clock,
    appVersion: "test",
    random,
    setTimer: time.setTimer,
    locks,
    onState: (state) => states.push(state),
    onConnection: (reached) => connection.push(reached),
    onTaken: () => undefined,
    onStopped: (why) => stopped.push(why),
    freeMedia: async () => false,
  });
  return {
    personId,
    server,
    time,
    clock,
    store,
    engine,
    transport,
    states,
    stopped,
    connection,
    act: (draft) => enter(store, draft, clock),
    view: async () => project(await readSnapshot(store), personId, "sv", time.now),
    outbox: () => store.withDatabase((db) => db.getAll("outbox")),
    again: () => makePhone(server, time),
    restarted: () => {
      store.close();
      time.monotonic = 0;
      return makePhone(server, time);
    },
  };
}

export const COURSE = "0193a000-0000-7000-8000-00000000c001";
export const step = (step_key: string, version = 1): Draft => ({
  kind: "step_completed",
  course_id: COURSE,
  version,
  step_key,
});
/** what a page does of itself when it is shown or hidden: nothing, here */
export const unseen = { onVisible: () => undefined, onHidden: () => undefined };
