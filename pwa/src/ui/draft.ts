// What is half typed survives a killed app. It is the person's own, and nothing of it is ever sent.
import { useCallback, useState } from "preact/hooks";
import { type PocketKey, type PocketOf, pocket } from "../app-state.ts";

type DraftKey = Exclude<PocketKey, "check_in_told" | "text_look">;

/** Like useState, but kept under the key until it is dropped. */
export function useDraft<K extends DraftKey>(
  key: K,
  initial: PocketOf<K>,
): [PocketOf<K>, (value: PocketOf<K>) => void, () => void] {
  const [value, setValue] = useState<PocketOf<K>>(() => pocket()?.get(key) ?? initial);
  const keep = useCallback(
    (next: PocketOf<K>) => {
      setValue(() => next);
      pocket()?.put(key, next);
    },
    [key],
  );
  const drop = useCallback(() => pocket()?.drop(key), [key]);
  return [value, keep, drop];
}
