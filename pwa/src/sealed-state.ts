// What lies sealed on this phone, as the screens need it: how many acts, and that they are on their way.
import { effect, type Signal, signal } from "@preact/signals";
import { sealOutbox } from "./actions/sealing.ts";
import { appVersion, leaving, lifeNow, phase, transport } from "./app-state.ts";
import { listBoxes } from "./storage/boxes.ts";
import { handIn } from "./sync/handing-in.ts";
import { backoffMs, retryAfterMs } from "./sync/waits.ts";

/** acts in boxes that are sent when there is a network, and in those that the server would not have */
export const sealedHere: Signal<{ waiting: number; refused: number }> = signal({ waiting: 0, refused: 0 });

let hasBegun = false;
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let notBeforeMs = 0;

/** From now on boxes go up by themselves, and who signs out may leave some. Again: nothing new. */
export function beginSealing(): void {
  if (hasBegun) return;
  hasBegun = true;
  leaving.seal = ({ store }) => sealOutbox(store, appVersion, Date.now());
  // Also when somebody has just signed in: it may be who they belong to.
  effect(() => {
    if (phase.value === "ready" || phase.value === "signed_out") void sendSealed(true);
  });
  globalThis.addEventListener("online", () => void sendSealed(false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void sendSealed(false);
  });
}

async function sendSealed(refusedToo: boolean): Promise<void> {
  await look();
  const { waiting, refused } = sealedHere.value;
  if (Date.now() < notBeforeMs || waiting + (refusedToo ? refused : 0) === 0) return;
  clearTimeout(timer);
  const ports = { transport, now: Date.now, locks: navigator.locks ?? null };
  const { left, retryAfterS } = await handIn(ports, refusedToo).catch(() => ({ left: 1, retryAfterS: null }));
  failures = left > 0 ? failures + 1 : 0;
  if (left > 0) {
    const waitMs = retryAfterS === null ? backoffMs(failures, Math.random) : retryAfterMs(retryAfterS, Math.random);
    if (retryAfterS !== null) notBeforeMs = Date.now() + waitMs;
    timer = setTimeout(() => void sendSealed(false), waitMs);
  } else {
    // Their person may be the one who is signed in: then what came of it is news here.
    lifeNow()?.sendNow();
  }
  await look();
}

async function look(): Promise<void> {
  const boxes = await listBoxes().catch(() => []);
  const acts = (refused: boolean) =>
    boxes.filter((one) => one.refused === refused).reduce((sum, one) => sum + one.acts, 0);
  sealedHere.value = { waiting: acts(false), refused: acts(true) };
}
