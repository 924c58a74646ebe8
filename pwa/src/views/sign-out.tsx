// Signing out, and handing the phone over to a colleague. Neither loses anything: what cannot be told now is sealed, and
// goes up in its person's name. Only a phone that cannot seal asks to send or to stay.
import { useState } from "preact/hooks";
import { pill, sendNow, signOut } from "../app-state.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";

type Way = "sign_out" | "hand_over";
type Stage = "closed" | { way: Way; isBusy: boolean } | { waiting: number };

export function SignOut() {
  const [stage, setStage] = useState<Stage>("closed");
  const leave = async (way: Way) => {
    setStage({ way, isBusy: true });
    const answer = await signOut(way === "hand_over");
    setStage(answer.ok ? "closed" : { waiting: answer.waiting });
  };
  const stay = () => setStage("closed");
  return (
    <section class="section">
      <div>
        <button
          type="button"
          class="button button-second"
          onClick={() => setStage({ way: "hand_over", isBusy: false })}
        >
          <Icon name="people" />
          {t("me.hand_over")}
        </button>
      </div>
      <div>
        <button type="button" class="button button-second" onClick={() => setStage({ way: "sign_out", isBusy: false })}>
          <Icon name="door" />
          {t("me.sign_out")}
        </button>
      </div>
      {typeof stage === "object" && "way" in stage && (
        <Sure way={stage.way} isBusy={stage.isBusy} onLeave={() => leave(stage.way)} onStay={stay} />
      )}
      {typeof stage === "object" && "waiting" in stage && <Waiting count={stage.waiting} onStay={stay} />}
    </section>
  );
}

interface SureProps {
  way: Way;
  isBusy: boolean;
  onLeave: () => void;
  onStay: () => void;
}

function Sure({ way, isBusy, onLeave, onStay }: SureProps) {
  const { waiting } = pill.value;
  const does: TextKey = way === "hand_over" ? "me.hand_over.do" : "me.sign_out";
  return (
    <Dialog
      title={t(way === "hand_over" ? "me.hand_over.sure.title" : "me.sign_out.sure.title")}
      onClose={onStay}
      actions={
        <div class="section">
          <button
            type="button"
            class="button button-main button-wide"
            aria-disabled={isBusy ? "true" : undefined}
            onClick={() => !isBusy && onLeave()}
          >
            {t(isBusy ? "me.sign_out.busy" : does)}
          </button>
          <button type="button" class="button button-second button-wide" onClick={onStay}>
            {t("me.sign_out.stay")}
          </button>
        </div>
      }
    >
      <p>{t(way === "hand_over" ? "me.hand_over.sure" : "me.sign_out.sure")}</p>
      {waiting > 0 && <p>{t("me.sign_out.sure.waiting", { count: waiting })}</p>}
    </Dialog>
  );
}

function Waiting({ count, onStay }: { count: number; onStay: () => void }) {
  const send = () => {
    sendNow();
    onStay();
  };
  return (
    <Dialog
      title={t("me.sign_out.waiting.title")}
      onClose={onStay}
      actions={
        <div class="section">
          <button type="button" class="button button-main button-wide" onClick={send}>
            {t("receipts.send")}
          </button>
          <button type="button" class="button button-second button-wide" onClick={onStay}>
            {t("me.sign_out.stay")}
          </button>
        </div>
      }
    >
      <p>{t("me.sign_out.waiting", { count })}</p>
    </Dialog>
  );
}
