// The one who sends. Named states; every failure has one written consequence; correctness never depends on being alone.

import type { SyncResponse } from "../protocol.gen.ts";
import { setAside, type Taken, takeAnswer } from "../storage/answer.ts";
import type { PersonStore } from "../storage/database.ts";
import { NotSaved } from "../storage/failures.ts";
import type { SyncClock } from "./clock.ts";
import { exchange, MOST, nextQuestion, type Question } from "./exchange.ts";
import type { Refused, Result, Transport } from "./transport.ts";
import { backoffMs, retryAfterMs } from "./waits.ts";

export type EngineState =
  | "idle" // nothing under way; what is waiting waits for a trigger
  | "sending"
  | "waiting" // a failure; a timer will try again
  | "signed_out" // everything is kept; sign in again
  | "stopped"; // another person's session, a closed account, or erased: never again in this life

export interface EnginePorts {
  store: PersonStore;
  transport: Transport;
  /** what must be true before the first exchange: that the server knows this device */
  prepare(): Promise<Refused | null>;
  clock: SyncClock;
  appVersion: string;
  random(): number;
  setTimer(act: () => void, ms: number): () => void;
  /** null where the browser has none: then two may send, and the server sorts it out */
  locks: Pick<LockManager, "request"> | null;
  onState(state: EngineState): void;
  /** judged by results, never by navigator.onLine */
  onConnection(reached: boolean): void;
  /** something in the store has changed */
  onTaken(taken: Taken): void;
  onStopped(why: "wrong_person" | "disabled" | "erased" | "upgrade"): void;
  /** the phone is full: frees what can be fetched again */
  freeMedia(): Promise<boolean>;
}
export interface Engine {
  readonly state: EngineState;
  /** Resolves when this run is over; true: the outbox is told and the replica is as new as can be. */
  run(): Promise<boolean>;
  stop(): void;
}
type Step = "again" | "done" | "failed";

export function createEngine(ports: EnginePorts): Engine {
  let state: EngineState = "idle";
  let running: Promise<boolean> | null = null;
  let askedAgain = false;
  let failures = 0;
  let limit = MOST;
  let stopTimer: (() => void) | null = null;
  const notBefore = new Map<string, number>();

  const become = (next: EngineState) => {
    if (state === "stopped" || state === next) return;
    state = next;
    ports.onState(next);
  };
  const later = (ms: number) => {
    stopTimer?.();
    stopTimer = ports.setTimer(() => void run(), ms);
  };
  const failed = (waitMs: number): Step => {
    failures++;
    become("waiting");
    later(waitMs);
    return "failed";
  };
  const stopFor = (why: "wrong_person" | "disabled" | "erased"): Step => {
    become("stopped");
    ports.onStopped(why);
    return "failed";
  };

  const refusedBy = async (refused: Refused, question: Question): Promise<Step> => {
    const { why, retryAfterS } = refused;
    ports.onConnection(why !== "offline");
    switch (why) {
      case "offline":
      case "server":
        return failed(backoffMs(failures, ports.random));
      case "busy":
        return failed(retryAfterS ? retryAfterMs(retryAfterS, ports.random) : backoffMs(failures, ports.random));
      case "upgrade":
        ports.onStopped("upgrade");
        return failed(retryAfterMs(60, ports.random));
      case "signed_out":
        become("signed_out");
        return "failed";
      case "wrong_person":
      case "disabled":
      case "erased":
        return stopFor(why);
      case "malformed":
      case "too_large":
        return narrow(question);
      default:
        return why satisfies never;
    }
  };

  /** Halves until the one that cannot be read stands alone, makes sure that it is the one, and sets it aside. */
  const narrow = async (question: Question): Promise<Step> => {
    const [only] = question.rows;
    if (!only) return failed(backoffMs(failures, ports.random)); // the envelope itself: nobody's act is to blame
    limit = Math.floor(question.rows.length / 2);
    if (question.rows.length > 1) return "again";
    const empty = await exchange(ports.transport, { ...question, rows: [] }, who());
    limit = 1;
    if (!empty.ok) return failed(backoffMs(failures, ports.random));
    const at = new Date(ports.clock.now()).toISOString();
    await ports.store.write(["outbox", "attention"], (tx) => setAside(tx, only, "unsendable", null, at));
    ports.onTaken({ how: "stored", rejected: 1 });
    return "again";
  };

  const who = () => ({
    personId: ports.store.personId,
    appVersion: ports.appVersion,
    sentAt: new Date(ports.clock.now()).toISOString(),
  });
  const isDue = (opId: string) => (notBefore.get(opId) ?? 0) <= ports.clock.now();

  const taking = async (question: Question, answer: SyncResponse): Promise<Step> => {
    const taken = await takeAnswer(ports.store, question.asked, answer, ports.clock.now());
    failures = 0;
    limit = Math.min(MOST, Math.max(1, limit) * 2);
    ports.onConnection(true);
    if (taken.how === "stored") ports.clock.heard();
    putOff(answer);
    ports.onTaken(taken);
    if (taken.how === "new_epoch" || answer.more || question.left > 0) return "again";
    const soonest = Math.min(...notBefore.values());
    if (soonest < Infinity) later(Math.max(500, soonest - ports.clock.now()));
    return "done";
  };

  /** `retry` is of one operation only: it is kept, and asks again when its time has come. */
  const putOff = (answer: SyncResponse): void => {
    for (const { op_id, status, retry_after_s } of answer.outcomes) {
      if (status !== "retry") notBefore.delete(op_id);
      else notBefore.set(op_id, ports.clock.now() + retryAfterMs(retry_after_s ?? 5, ports.random));
    }
  };

  const step = async (): Promise<Step> => {
    const question = await nextQuestion(ports.store, Math.max(1, limit), isDue);
    const result: Result<SyncResponse> = await exchange(ports.transport, question, who());
    return result.ok ? taking(question, result.value) : refusedBy(result, question);
  };

  const steps = async (): Promise<boolean> => {
    const refused = await ports.prepare();
    if (refused) {
      await refusedBy(refused, { asked: { cursor: null, epoch: null }, rows: [], deviceId: "", left: 0 });
      return false;
    }
    for (;;) {
      const next = await step();
      if (state === "stopped" || next === "failed") return false;
      if (next === "again") continue;
      // Asked meanwhile: only what was entered meanwhile is worth another round trip.
      const more = askedAgain && (await nextQuestion(ports.store, 1, isDue)).rows.length > 0;
      askedAgain = false;
      if (!more) return true;
    }
  };

  const alone = async (): Promise<boolean> => {
    if (!ports.locks) return steps();
    const name = `rundtur-sync-${ports.store.personId}`;
    return ports.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock) return steps();
      later(2_000); // another tab is sending; look again when it is done
      return false;
    });
  };

  const once = async (): Promise<boolean> => {
    stopTimer?.();
    stopTimer = null;
    become("sending");
    try {
      const done = await alone();
      if (state === "sending") become("idle");
      return done;
    } catch (error) {
      if (error instanceof NotSaved && error.why === "no_room") await ports.freeMedia();
      failed(backoffMs(failures, ports.random));
      return false;
    }
  };

  const run = (): Promise<boolean> => {
    if (state === "stopped") return Promise.resolve(false);
    if (running) {
      askedAgain = true;
      return running;
    }
    askedAgain = false;
    running = once().finally(() => {
      running = null;
    });
    return running;
  };

  return {
    get state() {
      return state;
    },
    run,
    stop: () => {
      stopTimer?.();
      state = "stopped";
    },
  };
}
