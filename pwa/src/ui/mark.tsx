// A stop of the line. Each state has its own shape, so that it reads in greyscale too.
import type { StopState } from "../model/view.ts";

export function Mark({ state }: { state: StopState }) {
  return (
    <svg class={`mark mark-${state}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <Shape state={state} />
    </svg>
  );
}

const TICK = "M7 12.4l3.4 3.4L17 9";

function Shape({ state }: { state: StopState }) {
  switch (state) {
    case "done":
      return (
        <>
          <circle class="fill" cx="12" cy="12" r="12" />
          <path class="glyph" d={TICK} />
        </>
      );
    case "saved":
      return (
        <>
          <circle class="fill" cx="12" cy="12" r="12" />
          <path class="glyph" d={TICK} />
          <rect class="badge" x="17" y="13" width="8" height="12" rx="2" />
        </>
      );
    case "now":
      return <circle class="ring wide" cx="12" cy="12" r="10" />;
    case "soon":
      return (
        <>
          <circle class="ring" cx="12" cy="12" r="11" />
          <path class="sign" d="M12 6.500V12l3.500 2.500" />
        </>
      );
    case "late":
      return (
        <>
          <circle class="fill" cx="12" cy="12" r="12" />
          <path class="glyph" d="M12 6.500v6.500M12 17v.1" />
        </>
      );
    case "open":
      return <circle class="ring" cx="12" cy="12" r="11" />;
    default:
      return state satisfies never;
  }
}
