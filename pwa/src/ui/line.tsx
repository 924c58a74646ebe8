// The line: a programme, a course and a tour are the same thing at three scales.
import type { ComponentChildren } from "preact";
import type { StopState } from "../model/view.ts";
import { Mark } from "./mark.tsx";

export interface LineStop {
  key: string;
  state: StopState;
  name: string;
  href: string | null;
  more: ComponentChildren;
}

const TRAVELLED: ReadonlySet<StopState> = new Set(["done", "saved"]);

export function Line({ stops, scale = "stops" }: { stops: LineStop[]; scale?: "list" | "stops" | "bus" }) {
  return (
    <ol class={`line line-${scale}`}>
      {stops.map((stop, index) => {
        const came = TRAVELLED.has(stops[index - 1]?.state ?? "open");
        const went = TRAVELLED.has(stop.state);
        return (
          <li key={stop.key} class={`stop stop-${stop.state}${came ? " came" : ""}${went ? " went" : ""}`}>
            <span class="stop-mark">
              <Mark state={stop.state} />
            </span>
            <StopText stop={stop} />
          </li>
        );
      })}
    </ol>
  );
}

function StopText({ stop }: { stop: LineStop }) {
  const text = (
    <>
      <span class="stop-name">{stop.name}</span>
      <span class="stop-more">{stop.more}</span>
    </>
  );
  if (!stop.href) return <div class="stop-text">{text}</div>;
  return (
    <a class="stop-text" href={stop.href} aria-current={stop.state === "now" ? "step" : undefined}>
      {text}
    </a>
  );
}

/** The same line lying down, over a step: "3 av 8". */
export function ThinLine({ done, of, words }: { done: number; of: number; words: string }) {
  return (
    <div class="thin">
      <progress max={of} value={done} aria-label={words} />
      <span class="label numbers" aria-hidden="true">
        {words}
      </span>
    </div>
  );
}
