// What a phone has read and what does not change: with thousands of rows, nobody reads them once more to show the one that came.

const MANY = 200;

interface Rows<K extends IDBValidKey, R> {
  getAllKeys(): Promise<K[]>;
  getAll(): Promise<R[]>;
  get(key: K): Promise<R | undefined>;
}

/** Rows that do not change under their key are read once, and then only those that have come. */
export class HeldRows<K extends IDBValidKey, R> {
  #held = new Map<K, R>();
  #keyOf: (row: R) => K;

  constructor(keyOf: (row: R) => K) {
    this.#keyOf = keyOf;
  }

  /** Those under `changed` are read again. */
  async read(rows: Rows<K, R>, changed: (row: R) => boolean = () => false): Promise<R[]> {
    const keys = await rows.getAllKeys();
    const isOld = (key: K) => {
      const row = this.#held.get(key);
      return row === undefined || changed(row);
    };
    const wanted = keys.filter(isOld);
    const found =
      wanted.length > MANY
        ? await rows.getAll()
        : await Promise.all(wanted.map(async (key) => (await rows.get(key)) as R));
    const read = new Map(found.map((row) => [this.#keyOf(row), row]));
    this.#held = new Map(keys.map((key) => [key, (read.get(key) ?? this.#held.get(key)) as R]));
    return [...this.#held.values()];
  }

  forget(): void {
    this.#held.clear();
  }
}
