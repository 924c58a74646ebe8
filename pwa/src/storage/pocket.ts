// What the screens keep for one person: words half typed, a quiz half answered, what one has been told, how texts look.
// It lies in the person's own database and goes with the person; it is read once, so that a screen has it at its first paint.
import type { PersonStore } from "./database.ts";
import type { Notices } from "./notice.ts";
import type { Meta, QuizDraft, TextLook } from "./schema.ts";

export type { QuizDraft, TextLook };
export type PocketKey = `draft.note.${string}` | `draft.quiz.${string}` | "check_in_told" | "text_look";
export type PocketOf<K extends PocketKey> = Meta[K];

export interface Pocket {
  get<K extends PocketKey>(key: K): Meta[K] | undefined;
  /** At once for the screen, and for the disk as soon as it has taken what came before. */
  put<K extends PocketKey>(key: K, value: Meta[K]): void;
  drop(key: PocketKey): void;
  /** Looks again at what is there, after another tab has changed it. */
  look(): Promise<void>;
}

export async function openPocket(store: PersonStore, notices: Notices): Promise<Pocket> {
  let held = await readAll(store);
  const unwritten = new Set<PocketKey>();
  let writing = false;
  let changes = 0;

  const write = async (): Promise<void> => {
    writing = true;
    try {
      while (unwritten.size > 0) {
        const keys = [...unwritten];
        unwritten.clear();
        await writeSome(store, keys, held);
      }
      notices.tell("pocket");
    } catch {
      // Without room it lives as long as the app.
    } finally {
      writing = false;
    }
  };
  const changed = (key: PocketKey): void => {
    changes++;
    unwritten.add(key);
    if (!writing) void write();
  };
  return {
    get: <K extends PocketKey>(key: K) => held.get(key) as Meta[K] | undefined,
    put: (key, value) => {
      held.set(key, value);
      changed(key);
    },
    drop: (key) => {
      if (held.delete(key)) changed(key);
    },
    look: async () => {
      const before = changes;
      const found = await readAll(store);
      if (changes === before && !writing) held = found;
    },
  };
}

type Held = Map<PocketKey, Meta[PocketKey]>;

async function readAll(store: PersonStore): Promise<Held> {
  const drafts = IDBKeyRange.bound("draft.", "draft/");
  const [rows, ...others] = await store.withDatabase((db) =>
    Promise.all([db.getAll("meta", drafts), db.get("meta", "check_in_told"), db.get("meta", "text_look")]),
  );
  const all = [...rows, ...others.filter((one) => one !== undefined)];
  return new Map(all.map(({ key, value }) => [key as PocketKey, value as Meta[PocketKey]]));
}

/** Not strict, unlike an act: it survives the app that is killed, and need not survive a battery that falls out. */
async function writeSome(store: PersonStore, keys: readonly PocketKey[], held: Held): Promise<void> {
  await store.withDatabase(async (db) => {
    const tx = db.transaction("meta", "readwrite");
    const one = (key: PocketKey) => {
      const value = held.get(key);
      return value === undefined ? tx.store.delete(key) : tx.store.put({ key, value });
    };
    await Promise.all([...keys.map(one), tx.done]);
  });
}
