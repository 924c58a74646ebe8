// The clock of the screens: one signal, so that "i morgon" turns into "i dag" while somebody looks.
import { signal } from "@preact/signals";

export const now = signal(new Date());

/** Started by main; a sleeping phone catches up when it is looked at again. */
export function startClock(): void {
  const tick = () => {
    now.value = new Date();
  };
  setInterval(tick, 30_000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) tick();
  });
}
