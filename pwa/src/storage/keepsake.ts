// What survives the loss of IndexedDB: a few words in localStorage. The worker has none and passes null.
export interface Keepsake {
  get(key: string): string | null;
  set(key: string, value: string): void;
  clear(): void;
}

/** localStorage, as far as it is needed: the worker's library does not know the name. */
export interface PlainStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Only the keys of ours, and never a throw: a browser may refuse localStorage altogether. */
export function keepsakeIn(storage: PlainStorage): Keepsake {
  const quietly = <T>(act: () => T): T | null => {
    try {
      return act();
    } catch {
      return null;
    }
  };
  return {
    get: (key) => quietly(() => storage.getItem(`rundtur.${key}`)),
    set: (key, value) => void quietly(() => storage.setItem(`rundtur.${key}`, value)),
    clear: () =>
      void quietly(() => {
        const keys = Array.from({ length: storage.length }, (_, n) => storage.key(n));
        for (const key of keys) if (key?.startsWith("rundtur.")) storage.removeItem(key);
      }),
  };
}
