// How much of this phone's room is taken, as far as the browser says.
export interface StorageUse {
  usedBytes: number;
  quotaBytes: number | null;
  persisted: boolean | null;
}

export async function measureUse(): Promise<StorageUse> {
  const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const persisted = (await navigator.storage?.persisted?.().catch(() => null)) ?? null;
  return { usedBytes: usage ?? 0, quotaBytes: quota ?? null, persisted };
}
