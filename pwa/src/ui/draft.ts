// What is half typed survives a killed app. It is a convenience of this phone: nothing of it is ever sent.
import { useCallback, useState } from "preact/hooks";

const PREFIX = "rundtur-draft-";

function read<T>(key: string, otherwise: T): T {
  try {
    const kept = localStorage.getItem(PREFIX + key);
    return kept === null ? otherwise : (JSON.parse(kept) as T);
  } catch {
    return otherwise;
  }
}

/** Like useState, but kept under the key until it is dropped. */
export function useDraft<T>(key: string, initial: T): [T, (value: T) => void, () => void] {
  const [value, setValue] = useState<T>(() => read(key, initial));
  const keep = useCallback(
    (next: T) => {
      setValue(next);
      try {
        localStorage.setItem(PREFIX + key, JSON.stringify(next));
      } catch {
        // Without room the draft lives as long as the screen.
      }
    },
    [key],
  );
  const drop = useCallback(() => {
    try {
      localStorage.removeItem(PREFIX + key);
    } catch {
      // Nothing was kept, then.
    }
  }, [key]);
  return [value, keep, drop];
}
