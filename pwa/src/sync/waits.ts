// How long to wait. Full jitter, so that a bus that leaves a tunnel is no stampede.
const MOST_S = 300;
const MOST_ASKED_S = 3_600;

export function backoffMs(failures: number, random: () => number): number {
  return Math.round(random() * Math.min(MOST_S, 2 ** Math.min(failures, 10)) * 1_000) + 500;
}

/** What the server asked for, and up to half as much again at random. A portal may ask for three weeks: nobody gets more. */
export function retryAfterMs(seconds: number, random: () => number): number {
  return Math.round(Math.min(MOST_ASKED_S, Math.max(1, seconds)) * (1 + random() / 2) * 1_000);
}

/** How long the server is still to be left alone. Further off than anyone may ask, the clock was set back: not at all. */
export function leftMs(notBeforeMs: number, nowMs: number): number {
  const left = notBeforeMs - nowMs;
  return left > MOST_ASKED_S * 1_500 ? 0 : Math.max(0, left);
}
