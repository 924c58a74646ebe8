// Signing out never loses anything: with acts that wait there are only two ways, sending them or staying.
import { useState } from "preact/hooks";
import { pill, sendNow, signOut } from "../app-state.ts";
import { t } from "../texts/texts.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";

type Stage = "closed" | "asking" | "sending" | { waiting: number };

export function SignOut() {
  const [stage, setStage] = useState<Stage>("closed");
  const leave = async () => {
    setStage("sending");
    const answer = await signOut();
    setStage(answer.ok ? "closed" : { waiting: answer.waiting });
  };
  const stay = () => setStage("closed");
  return (
    <section class="section">
      <div>
        <button type="button" class="button button-second" onClick={() => setStage("asking")}>
          <Icon name="door" />
          {t("me.sign_out")}
        </button>
      </div>
      {(stage === "asking" || stage === "sending") && (
        <Sure isSending={stage === "sending"} onLeave={leave} onStay={stay} />
      )}
      {typeof stage === "object" && <Waiting count={stage.waiting} onStay={stay} />}
    </section>
  );
}

function Sure({ isSending, onLeave, onStay }: { isSending: boolean; onLeave: () => void; onStay: () => void }) {
  const { waiting } = pill.value;
  return (
    <Dialog
      title={t("me.sign_out.sure.title")}
      onClose={onStay}
      actions={
        <div class="section">
          <button
            type="button"
            class="button button-main button-wide"
            aria-disabled={isSending ? "true" : undefined}
            onClick={() => !isSending && onLeave()}
          >
            {t(isSending ? "me.sign_out.busy" : "me.sign_out")}
          </button>
          <button type="button" class="button button-second button-wide" onClick={onStay}>
            {t("me.sign_out.stay")}
          </button>
        </div>
      }
    >
      <p>{waiting > 0 ? t("me.sign_out.sure.waiting", { count: waiting }) : t("me.sign_out.sure")}</p>
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
