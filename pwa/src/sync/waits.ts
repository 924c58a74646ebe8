// How long to wait. Full jitter, so that a bus that leaves a tunnel is no stampede.
const MOST_S = 300;

export function backoffMs(failures: number, random: () => number): number {
  return Math.round(random() * Math.min(MOST_S, 2 ** Math.min(failures, 10)) * 1_000) + 500;
}

/** What the server asked for, and up to half as much again at random. */
export function retryAfterMs(seconds: number, random: () => number): number {
  return Math.round(seconds * (1 + random() / 2) * 1_000);
}
