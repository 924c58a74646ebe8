// A state in a word, with its little sign. Colour never says it alone.
import type { Delivery, StopState } from "../model/view.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Icon, type IconName } from "./icon.tsx";

const SIGN: Record<StopState, IconName | null> = {
  done: "tick",
  saved: "phone",
  now: "site",
  soon: "clock",
  late: "alert",
  open: null,
};

interface StatusProps {
  state: StopState;
  words?: string;
  sign?: IconName;
}

export function Status({ state, words, sign: own }: StatusProps) {
  const sign = own ?? SIGN[state];
  return (
    <span class={`status status-${state}`}>
      {sign && <Icon name={sign} size={16} />}
      {words ?? t(`state.${state}`)}
    </span>
  );
}

/** What became of an act, where it says more than the state: waiting for review, or in need of a person. */
export function DeliveryStatus({ delivery }: { delivery: Delivery | null }) {
  if (delivery !== "review" && delivery !== "attention") return null;
  const key: TextKey = `state.${delivery}`;
  return <Status state={delivery === "review" ? "soon" : "late"} words={t(key)} />;
}
