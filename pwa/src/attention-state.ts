// Of the state, what only the receipts need.
import { seeLost } from "./actions/attention.ts";
import { lifeNow, view } from "./app-state.ts";

/** The person has read that something was lost: it stays listed, and no longer counts. */
export async function markLostSeen(): Promise<void> {
  const life = lifeNow();
  if (!life) return;
  await seeLost(life.store, view.value);
  await life.refresh();
}
