// A phone kills the app; who opens it again from the home screen starts at "/" and belongs where they were.
const KEY = "rundtur-here";
const FRESH_MS = 4 * 3600_000;
const WORTH_IT = /^\/(learn\/[^/]+\/(steps\/|finished)|site\/.+)/;

export function rememberPath(path: string, now: number): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ path, at: now }));
  } catch {
    // A full or forbidden storage costs the bookmark only.
  }
}

/** Where to go on a cold start at the front door, or null to stay there. */
export function pathToResume(now: number): string | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as { path: string; at: number } | null;
    if (!kept || now - kept.at > FRESH_MS || now < kept.at) return null;
    return WORTH_IT.test(kept.path) ? kept.path : null;
  } catch {
    return null;
  }
}
