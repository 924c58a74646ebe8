// Chromium's buckets, each with databases of its own; and what Chromium does with one whose log is torn.
import type { TestContext } from "node:test";
import { IDBFactory } from "fake-indexeddb";

export interface FakeBuckets {
  names(): string[];
  /** The store is thrown away, and begun anew by whoever opens it next. */
  throwAway(name: string): void;
}

export function withBuckets(t: TestContext): FakeBuckets {
  const here = new Map<string, { indexedDB: IDBFactory; persist(): Promise<boolean> }>();
  const empty = () => ({ indexedDB: new IDBFactory(), persist: async () => true });
  const storageBuckets = {
    keys: async () => [...here.keys()],
    open: async (name: string) => {
      const bucket = here.get(name) ?? empty();
      here.set(name, bucket);
      return bucket;
    },
    delete: async (name: string) => void here.delete(name),
  };
  Object.defineProperty(globalThis.navigator, "storageBuckets", { value: storageBuckets, configurable: true });
  t.after(() => Reflect.deleteProperty(globalThis.navigator, "storageBuckets"));
  return { names: () => [...here.keys()], throwAway: (name) => void here.set(name, empty()) };
}
