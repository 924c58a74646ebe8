// The truth about the outbox, in words, always in the same place. Read aloud when it changes, once.
import { type PillState, pill, view } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Icon, type IconName } from "./icon.tsx";

const SIGNS: Record<PillState, IconName> = {
  saved: "phone",
  sending: "sending",
  sent: "tick",
  attention: "alert",
  signed_out: "lock",
};

/** Before the first answer of the server nothing has been sent, and nothing could be. */
function hasBeenHeard(): boolean {
  return view.value.self !== null || pill.value.state !== "sent";
}

export function pillWords(): string {
  const { state, waiting, attention } = pill.value;
  switch (state) {
    case "saved":
      return t("pill.saved", { count: waiting });
    case "attention":
      return t("pill.attention", { count: attention });
    case "sending":
    case "sent":
    case "signed_out":
      return t(`pill.${state}`);
    default:
      return state satisfies never;
  }
}

export function Pill() {
  const { state } = pill.value;
  if (!hasBeenHeard()) return null;
  return (
    <a class={`pill pill-${state}`} href={state === "signed_out" ? paths.signIn : paths.receipts}>
      <span>
        <Icon name={SIGNS[state]} size={18} />
        <span>
          {pillWords()}
          <span class="only-heard">. {t("pill.open")}</span>
        </span>
      </span>
    </a>
  );
}

/** Stands once in the page, outside of everything that comes and goes. */
export function PillAnnouncement() {
  return (
    <p class="only-heard" role="status">
      {hasBeenHeard() && pillWords()}
    </p>
  );
}
