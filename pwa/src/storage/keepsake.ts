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
        for (const key of keysOf(storage)) if (key.startsWith("rundtur.")) storage.removeItem(key);
      }),
  };
}

/** Once these lay here, and belonged to nobody: the next person read them. */
export function dropOrphans(storage: PlainStorage): void {
  try {
    const orphans = keysOf(storage).filter(
      (key) => key.startsWith("rundtur-draft-") || key === "rundtur-check-in-told",
    );
    for (const key of orphans) storage.removeItem(key);
  } catch {
    // Refused altogether: then there are none.
  }
}

function keysOf(storage: PlainStorage): string[] {
  return Array.from({ length: storage.length }, (_, n) => storage.key(n) ?? "");
}

/** Where there is no localStorage at all: everything is forgotten at once. */
export function noStorage(): PlainStorage {
  return { length: 0, key: () => null, getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
}
