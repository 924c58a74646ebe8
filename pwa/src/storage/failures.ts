// The two ways in which a phone's store can fail a person. Everything above speaks of these names only.
export type WhyNotSaved = "no_room" | "storage_lost" | "signed_out";

/** Nothing was saved, and the screen must say so. */
export class NotSaved extends Error {
  readonly why: WhyNotSaved;
  constructor(why: WhyNotSaved, cause?: unknown) {
    super(why, { cause });
    this.name = "NotSaved";
    this.why = why;
  }
}

/** A connection that iOS killed in the background, or that another tab's upgrade closed. */
const LOST = new Set(["InvalidStateError", "UnknownError", "AbortError", "TransactionInactiveError"]);

export function isQuota(error: unknown): boolean {
  return nameOf(error) === "QuotaExceededError";
}

export function isLostConnection(error: unknown): boolean {
  return LOST.has(nameOf(error));
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}
