// More of the state, of the rooms behind Today: receipts, and the session that moves to the home screen.
import { attentionAsText, seeAttention, seeLost } from "./actions/attention.ts";
import { flushAndCount } from "./actions/signing.ts";
import { lifeNow, setTimer, transport, view } from "./app-state.ts";
import { askHandover } from "./sync/session.ts";

/** iPhone: flushes first, then a one-time code for the home-screen app. */
export async function makeHandover(): Promise<
  { ok: true; code: string; validUntil: string } | { ok: false; why: "waiting" | "offline" | "server" }
> {
  const life = lifeNow();
  if (life && (await flushAndCount(life, setTimer)) > 0) return { ok: false, why: "waiting" };
  const answer = await askHandover(transport);
  if (answer.ok) return { ok: true, code: answer.value.code, validUntil: answer.value.valid_until };
  return { ok: false, why: answer.why === "offline" ? "offline" : "server" };
}

/** What needs a person, as JSON text to save or to send to the coordinator. */
export async function exportAttention(): Promise<string> {
  const life = lifeNow();
  return life ? attentionAsText(life.store, view.value) : "[]";
}

/** The person has read it: it stays listed, and no longer counts. */
export async function markAttentionSeen(opId: string): Promise<void> {
  const life = lifeNow();
  if (!life) return;
  await seeAttention(life.store, opId);
  await life.refresh();
}

/** The person has read that something was lost: it stays listed, and no longer counts. */
export async function markLostSeen(): Promise<void> {
  const life = lifeNow();
  if (!life) return;
  await seeLost(life.store, view.value);
  await life.refresh();
}
