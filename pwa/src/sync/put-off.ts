// Operations that the server wants later (`retry`): each is left out until its time has come; the others go on.
import type { Outcome } from "../protocol.gen.ts";
import { retryAfterMs } from "./waits.ts";

export class PutOff {
  #until = new Map<string, number>();

  isDue(opId: string, nowMs: number): boolean {
    return (this.#until.get(opId) ?? 0) <= nowMs;
  }

  take(outcomes: readonly Outcome[], nowMs: number, random: () => number): void {
    for (const { op_id, status, retry_after_s } of outcomes) {
      if (status !== "retry") this.#until.delete(op_id);
      else this.#until.set(op_id, nowMs + retryAfterMs(retry_after_s ?? 5, random));
    }
  }

  /** What is due waits no longer; another tab may have told it meanwhile, and then no answer here will name it. */
  letGo(nowMs: number): void {
    for (const [opId, at] of this.#until) if (at <= nowMs) this.#until.delete(opId);
  }

  /** When the first of them is due; null where there is none. */
  soonest(): number | null {
    return this.#until.size > 0 ? Math.min(...this.#until.values()) : null;
  }
}
