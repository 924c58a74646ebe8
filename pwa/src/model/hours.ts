// When a check-in at a departure counts: the same as server/activities/hours.py; tests/vectors/hours.json.
import type { MyDeparture } from "../protocol.gen.ts";

/** People gather before it leaves, and buses are late. */
const BEFORE_MS = 2 * 3_600_000;
const AFTER_MS = 6 * 3_600_000;

export type Hours = "early" | "open" | "over";
type Times = Pick<MyDeparture, "starts_at" | "ends_at">;

export function opensMs({ starts_at }: Times): number {
  return Date.parse(starts_at) - BEFORE_MS;
}

/** `atMs` is the server's time, as near as the phone knows it: by its own, a wrong clock would close what is open. */
export function hoursOf(times: Times, atMs: number): Hours {
  if (atMs < opensMs(times)) return "early";
  return atMs <= Date.parse(times.ends_at) + AFTER_MS ? "open" : "over";
}
