// What needs a person: shown, exportable, never thrown away in silence.
import type { View } from "../model/view.ts";
import type { Receipt } from "../protocol.gen.ts";
import { type PersonStore, readMeta, writeMeta } from "../storage/database.ts";

export async function seeAttention(store: PersonStore, opId: string): Promise<void> {
  await store.write(["attention", "meta"], async (tx) => {
    const row = await tx.objectStore("attention").get(opId);
    if (row) await tx.objectStore("attention").put({ ...row, seen: true });
    else await writeMeta(tx, "seen_receipts", [...new Set([...((await readMeta(tx, "seen_receipts")) ?? []), opId])]);
  });
}

export async function seeLost(store: PersonStore, { lost }: View): Promise<void> {
  await store.write(["meta"], (tx) => writeMeta(tx, "lost_seen", lost));
}

export async function attentionAsText(store: PersonStore, { receipts }: View): Promise<string> {
  const { attention, acknowledged, replica } = await store.read(
    ["attention", "acknowledged", "replica"],
    async (tx) => {
      const [refused, taken, rows] = await Promise.all([
        tx.objectStore("attention").getAll(),
        tx.objectStore("acknowledged").getAll(),
        tx.objectStore("replica").getAll(),
      ]);
      return { attention: refused, acknowledged: taken, replica: rows };
    },
  );
  const elsewhere = replica.flatMap(({ entity, data }) => (entity === "receipt" ? [data as Receipt] : []));
  const operations = new Map<string, unknown>([
    ...elsewhere.map(({ op_id, operation }) => [op_id, operation] as const),
    ...[...acknowledged, ...attention].map(({ op }) => [op.op_id, op] as const),
  ]);
  const rows = receipts
    .filter(({ status }) => status === "rejected")
    .map(({ opId, subject, code, savedAt, sentAt, decided }) => ({
      subject,
      code,
      reason: decided?.reason ?? null,
      saved_at: savedAt,
      sent_at: sentAt,
      operation: operations.get(opId),
    }));
  return JSON.stringify(rows, null, 2);
}
