// How much of this phone's room is taken, as far as the browser says.
export interface StorageUse {
  usedBytes: number;
  quotaBytes: number | null;
  persisted: boolean | null;
}

let measuredAt = 0;

/** null: it was measured within this second */
export async function measureUse(nowMs: number): Promise<StorageUse | null> {
  if (nowMs - measuredAt < 1_000) return null;
  measuredAt = nowMs;
  const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const persisted = (await navigator.storage?.persisted?.().catch(() => null)) ?? null;
  return { usedBytes: usage ?? 0, quotaBytes: quota ?? null, persisted };
}
