// When to try (SYNC §6.3). Events only nudge; whether there is a network is judged by results.
import type { Engine } from "./engine.ts";

const AFTER_ACT_MS = 2_000;
const ONLINE_SPREAD_MS = 30_000;
const WHILE_VISIBLE_MS = 60_000;

export interface TriggerPorts {
  engine: Pick<Engine, "run" | "state" | "done">;
  window: EventTarget;
  document: EventTarget & { readonly visibilityState: string };
  random(): number;
  setTimer(act: () => void, ms: number): () => void;
  /** the page has come back: before anything is stamped */
  onVisible(): void;
  /** the page goes to the background, where it may be killed without another word */
  onHidden(): void;
}
export interface Triggers {
  acted(): void;
  /** a person's tap: no waiting, not even where the server asked for it */
  now(): void;
  stop(): void;
}

export function startTriggers(ports: TriggerPorts): Triggers {
  const { engine, window, document, random, setTimer } = ports;
  let stopAct: (() => void) | null = null;
  let stopOnline: (() => void) | null = null;
  let stopTick: (() => void) | null = null;
  const run = () => void engine.run();
  const isVisible = () => document.visibilityState === "visible";

  const tick = () => {
    stopTick = setTimer(() => {
      // A failure has its own timer, and a session that has ended is not asked every minute.
      if (isVisible() && engine.state === "idle") run();
      tick();
    }, WHILE_VISIBLE_MS);
  };
  const shown = () => {
    if (!isVisible()) return ports.onHidden();
    ports.onVisible();
    run();
  };
  // The first pageshow belongs to the start; only a page out of the back/forward cache has missed something.
  const backAgain = (event: Event) => {
    if ((event as Event & { persisted?: boolean }).persisted) shown();
  };
  // Spread, so that a bus that leaves a tunnel is no stampede. Where the network was gone again before anything was told, it
  // comes and goes: each time the wait is a quarter of the one before, until it fits into such a moment.
  let before = -1;
  let missed = 0;
  const online = () => {
    stopOnline?.();
    missed = engine.done === before ? missed + 1 : 0;
    before = engine.done;
    stopOnline = setTimer(
      () => {
        if (engine.done === before) run();
      },
      (random() * ONLINE_SPREAD_MS) / 4 ** missed,
    );
  };

  document.addEventListener("visibilitychange", shown);
  window.addEventListener("pageshow", backAgain);
  window.addEventListener("online", online);
  tick();
  run();
  return {
    acted: () => {
      stopAct?.();
      stopAct = setTimer(run, AFTER_ACT_MS);
    },
    now: () => void engine.run(true),
    stop: () => {
      document.removeEventListener("visibilitychange", shown);
      window.removeEventListener("pageshow", backAgain);
      window.removeEventListener("online", online);
      for (const stop of [stopAct, stopOnline, stopTick]) stop?.();
    },
  };
}
