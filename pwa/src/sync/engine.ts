// The one who sends. Named states; every failure has one written consequence; correctness never depends on being alone.

import type { SyncResponse } from "../protocol.gen.ts";
import { setAside, type Taken, takeAnswer } from "../storage/answer.ts";
import type { PersonStore } from "../storage/database.ts";
import { renewDevice } from "../storage/device.ts";
import { NotSaved } from "../storage/failures.ts";
import { keepNotBefore, readNotBefore } from "../storage/not-before.ts";
import { readTicket } from "../storage/ticket.ts";
import type { SyncClock } from "./clock.ts";
import { exchange, MOST, nextQuestion, type Question } from "./exchange.ts";
import { PutOff } from "./put-off.ts";
import type { Refused, Result, Transport } from "./transport.ts";
import { backoffMs, leftMs, retryAfterMs } from "./waits.ts";

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
  /** how many runs have ended well */
  readonly done: number;
  /**
   * Resolves when this run is over; true: the outbox is told and the replica is as new as can be.
   * A server that asked to be left alone is, except where a person asks for it by hand.
   */
  run(byHand?: boolean): Promise<boolean>;
  stop(): void;
}
type Step = "again" | "done" | "failed";

export function createEngine(ports: EnginePorts): Engine {
  return new SyncEngine(ports);
}

class SyncEngine implements Engine {
  state: EngineState = "idle";
  done = 0;
  #ports: EnginePorts;
  #running: Promise<boolean> | null = null;
  #askedAgain = false;
  #failures = 0;
  #limit = MOST;
  #stopTimer: (() => void) | null = null;
  /** what the server asked for with Retry-After; our own back-off gives way to whatever happens */
  #notBeforeMs = 0;
  /** operations that the server wants later, by op_id */
  #putOff = new PutOff();

  constructor(ports: EnginePorts) {
    this.#ports = ports;
  }

  run(byHand = false): Promise<boolean> {
    if (this.state === "stopped") return Promise.resolve(false);
    if (!byHand && !this.#running && this.#leavesAlone()) return Promise.resolve(false);
    if (this.#running) {
      this.#askedAgain = true;
      return this.#running;
    }
    this.#askedAgain = false;
    this.#running = this.#once(byHand).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  stop(): void {
    this.#stopTimer?.();
    this.state = "stopped";
  }

  async #once(byHand: boolean): Promise<boolean> {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#become("sending");
    try {
      const done = await this.#alone(byHand);
      if (done) this.done++;
      if (this.state === "sending") this.#become("idle");
      return done;
    } catch (error) {
      if (error instanceof NotSaved && error.why === "no_room") await this.#ports.freeMedia();
      this.#failed(this.#backoff());
      return false;
    }
  }

  async #alone(byHand: boolean): Promise<boolean> {
    const { locks, store } = this.#ports;
    if (!locks) return this.#steps(byHand);
    return locks.request(`rundtur-sync-${store.personId}`, { ifAvailable: true }, (lock) => {
      if (lock) return this.#steps(byHand);
      this.#lookLater(); // another tab, or the worker, is sending
      return false;
    });
  }

  async #steps(byHand: boolean): Promise<boolean> {
    this.#notBeforeMs = await readNotBefore(this.#ports.store);
    if (!byHand && this.#leavesAlone()) return false;
    const refused = await this.#ports.prepare();
    if (refused) {
      await this.#refusedBy(refused, { asked: { cursor: null, epoch: null }, rows: [], deviceId: "", left: 0 });
      return false;
    }
    for (;;) {
      const next = await this.#step();
      if (this.#isStopped() || next === "failed") return false;
      if (next === "again") continue;
      // Asked meanwhile: only what was entered meanwhile is worth another round trip.
      const more = this.#askedAgain && (await this.#question(1)).rows.length > 0;
      this.#askedAgain = false;
      if (!more) return true;
    }
  }

  async #step(): Promise<Step> {
    this.#putOff.letGo(this.#ports.clock.now());
    const question = await this.#question(Math.max(1, this.#limit));
    const result = await this.#ask(question);
    if (result.ok) return this.#take(question, result.value);
    return result.why === "signed_out" ? this.#byTicket(question, result) : this.#refusedBy(result, question);
  }

  /** The session is over: what waits goes up all the same, and then somebody has to sign in. */
  async #byTicket(question: Question, refused: Refused): Promise<Step> {
    const ticket = question.rows.length > 0 && (await readTicket(this.#ports.store, this.#ports.clock.now()));
    if (!ticket) return this.#refusedBy(refused, question);
    const result = await this.#ask(question, ticket.secret);
    if (!result.ok) return this.#refusedBy(result, question);
    const asked = { ...question.asked, outcomesOnly: true };
    if ((await this.#take({ ...question, asked }, result.value)) === "again") return "again";
    return this.#refusedBy(refused, question);
  }

  async #take(question: Question, answer: SyncResponse): Promise<Step> {
    const { store, clock, random } = this.#ports;
    const taken = await takeAnswer(store, question.asked, answer, clock.now());
    this.#failures = 0;
    this.#limit = Math.min(MOST, Math.max(1, this.#limit) * 2);
    if (this.#notBeforeMs > 0) await this.#leaveAloneUntil(0);
    this.#ports.onConnection(true);
    if (taken.how === "stored") clock.heard();
    this.#putOff.take(answer.outcomes, clock.now(), random);
    this.#ports.onTaken(taken);
    if (taken.how === "new_epoch" || answer.more || question.left > 0) return "again";
    const soonest = this.#putOff.soonest();
    if (soonest !== null) this.#later(Math.max(500, soonest - clock.now()));
    return "done";
  }

  async #refusedBy({ why, code, retryAfterS }: Refused, question: Question): Promise<Step> {
    this.#ports.onConnection(why !== "offline");
    if (code === "device_taken") await renewDevice(this.#ports.store);
    switch (why) {
      case "offline":
      case "server":
        return this.#failed(this.#backoff());
      case "busy":
        return this.#busy(retryAfterS);
      case "upgrade":
        this.#ports.onStopped("upgrade");
        return this.#failed(retryAfterMs(60, this.#ports.random));
      case "signed_out":
        this.#become("signed_out");
        return "failed";
      case "wrong_person":
      case "disabled":
      case "erased":
        this.#become("stopped");
        this.#ports.onStopped(why);
        return "failed";
      case "malformed":
      case "too_large":
        return this.#narrow(question);
      default:
        return why satisfies never;
    }
  }

  /** Halves until the one that cannot be read stands alone, makes sure that it is the one, and sets it aside. */
  async #narrow(question: Question): Promise<Step> {
    const [only] = question.rows;
    if (!only) return this.#failed(this.#backoff()); // the envelope itself: nobody's act is to blame
    this.#limit = Math.floor(question.rows.length / 2);
    if (question.rows.length > 1) return "again";
    this.#limit = 1;
    const empty = await this.#ask({ ...question, rows: [] });
    if (!empty.ok) return this.#failed(this.#backoff());
    const at = new Date(this.#ports.clock.now()).toISOString();
    await this.#ports.store.write(["outbox", "attention"], (tx) => setAside(tx, only, "unsendable", null, at));
    this.#ports.onTaken({ how: "stored", rejected: 1 });
    return "again";
  }

  #question(limit: number): Promise<Question> {
    const { store, clock } = this.#ports;
    return nextQuestion(store, limit, (opId) => this.#putOff.isDue(opId, clock.now()));
  }

  #ask(question: Question, ticket?: string): Promise<Result<SyncResponse>> {
    const { transport, store, appVersion, clock } = this.#ports;
    const sentAt = new Date(clock.now()).toISOString();
    const who = { personId: store.personId, appVersion, sentAt, ...(ticket ? { ticket } : {}) };
    return exchange(transport, question, who);
  }

  #become(next: EngineState): void {
    if (this.state === "stopped" || this.state === next) return;
    this.state = next;
    this.#ports.onState(next);
  }

  /** Asked through a method: what an await may have changed, the compiler must not take for known. */
  #isStopped(): boolean {
    return this.state === "stopped";
  }

  #failed(waitMs: number): Step {
    this.#failures++;
    this.#become("waiting");
    this.#later(waitMs);
    return "failed";
  }

  async #busy(retryAfterS: number | null): Promise<Step> {
    if (retryAfterS === null) return this.#failed(this.#backoff());
    const { clock, random } = this.#ports;
    const waitMs = retryAfterMs(retryAfterS, random);
    await this.#leaveAloneUntil(clock.now() + waitMs);
    return this.#failed(waitMs);
  }

  async #leaveAloneUntil(atMs: number): Promise<void> {
    this.#notBeforeMs = atMs;
    await keepNotBefore(this.#ports.store, atMs);
  }

  /** True before the time that the server asked for; then a timer is set for it. */
  #leavesAlone(): boolean {
    const left = leftMs(this.#notBeforeMs, this.#ports.clock.now());
    if (left === 0) return false;
    this.#become("waiting");
    this.#later(left);
    return true;
  }

  #backoff(): number {
    return backoffMs(this.#failures, this.#ports.random);
  }

  /** When the other one is done there may be nothing left to tell: then nobody is asked. */
  #lookLater(): void {
    this.#stopTimer?.();
    this.#stopTimer = this.#ports.setTimer(() => {
      const look = this.#question(1).then(({ rows }) => rows.length > 0);
      // Closed meanwhile: nobody is there any more to send for.
      void look.catch(() => false).then((waits) => waits && this.run());
    }, 2_000);
  }

  #later(ms: number): void {
    this.#stopTimer?.();
    if (!this.#isStopped()) this.#stopTimer = this.#ports.setTimer(() => void this.run(), ms);
  }
}
