// A phone kills the app; who opens it again from the home screen starts at "/" and belongs where they were.
const FRESH_MS = 4 * 3600_000;
const WORTH_IT = /^\/(learn\/[^/]+\/(steps\/|finished)|site\/.+|reminders\/.+)/;

/** Where to go on a cold start at the front door, or null to stay there. */
export function pathToResume(kept: { path: string; at_ms: number } | null, nowMs: number): string | null {
  if (!kept || nowMs - kept.at_ms > FRESH_MS || nowMs < kept.at_ms) return null;
  return WORTH_IT.test(kept.path) ? kept.path : null;
}
