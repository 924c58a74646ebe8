// Where reminders go by mail. A new address counts once a code that was mailed there is typed here; what one signs in with stays.
// The mail is read elsewhere, so a code can be typed by a page that has never asked for it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { sendNow, transport, view } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { askCode, dropAddress, tellCode } from "../sync/mail-address.ts";
import type { Refused, Result } from "../sync/transport.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";
import { Field, Wrong } from "../ui/field.tsx";
import { Screen } from "../ui/screen.tsx";
import { MailFails } from "./mail-fails.tsx";

type Stage = "address" | "code" | "done";

export function MailAddress() {
  const [stage, setStage] = useState<Stage>("address");
  const [address, setAddress] = useState("");
  const [code, setCode] = useState("");
  const { busy, wrong, run, refuse } = useAsking();
  const turn = (to: Stage) => {
    refuse(null);
    setStage(to);
  };
  const ask = () => {
    if (!address.includes("@")) return refuse(t("mail_address.wrong"));
    run(
      () => askCode(transport, { address: address.trim() }),
      () => setStage("code"),
    );
  };
  const tell = () => {
    if (!code.trim()) return refuse(t("mail_address.code.none"));
    run(
      () => tellCode(transport, { code: code.trim() }),
      () => {
        setStage("done");
        sendNow();
      },
    );
  };
  return (
    <Screen
      title={t("mail_address.title")}
      back={{ href: paths.reminderSettings, name: t("settings.title") }}
      below={<p class="quiet">{t("mail_address.lead")}</p>}
    >
      <MailFails />
      <Now onDropped={() => setStage("address")} />
      {stage === "address" && (
        <Asked
          busy={busy}
          action={t("mail_address.ask")}
          onSubmit={ask}
          other={{ words: t("mail_address.have_code"), act: () => turn("code") }}
        >
          <Field
            name="email"
            type="email"
            words={t("mail_address.new")}
            hint={t("mail_address.new.hint")}
            value={address}
            onValue={setAddress}
            wrong={wrong}
          />
        </Asked>
      )}
      {stage === "code" && (
        <Asked
          busy={busy}
          action={t("mail_address.confirm")}
          onSubmit={tell}
          other={{ words: t("mail_address.other"), act: () => turn("address") }}
        >
          <Field
            name="code"
            autocomplete="one-time-code"
            isCode
            words={t("mail_address.code")}
            value={code}
            onValue={setCode}
            wrong={wrong}
          />
        </Asked>
      )}
      <div role="status">
        {stage === "code" && address && <p>{t("mail_address.sent", { address: address.trim() })}</p>}
        {stage === "done" && (
          <Banner tone="done" icon="tick">
            <p>{t("mail_address.done")}</p>
          </Banner>
        )}
      </div>
    </Screen>
  );
}

interface AskedProps {
  busy: boolean;
  action: string;
  onSubmit: () => void;
  other: { words: string; act: () => void };
  children: ComponentChildren;
}

function Asked({ busy, action, onSubmit, other, children }: AskedProps) {
  return (
    <form
      class="section"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSubmit();
      }}
    >
      {children}
      <div class="buttons">
        <button type="submit" class="button button-main" aria-disabled={busy ? "true" : undefined}>
          {busy ? t("mail_address.busy") : action}
        </button>
        <button type="button" class="button button-plain" onClick={other.act}>
          {other.words}
        </button>
      </div>
    </form>
  );
}

/** Where it goes now, and the way back from an address of one's own. */
function Now({ onDropped }: { onDropped: () => void }) {
  const { busy, wrong, run } = useAsking();
  const way = view.value.self?.mail_goes_to; // a server of before says nothing of it
  if (!way) return null;
  const drop = () =>
    run(
      () => dropAddress(transport),
      () => {
        onDropped();
        sendNow();
      },
    );
  return (
    <section class="section">
      <h2>{t("mail_address.now")}</h2>
      <p class="mail-address">{way.address}</p>
      <p class="label">{t(way.is_own ? "mail_address.own" : "mail_address.signs_in")}</p>
      {way.is_own && (
        <div>
          <button
            type="button"
            class="button button-second"
            aria-disabled={busy ? "true" : undefined}
            onClick={() => !busy && drop()}
          >
            {t("mail_address.drop")}
          </button>
        </div>
      )}
      {wrong && <Wrong words={wrong} />}
    </section>
  );
}

/** One question to the server at a time, and what it said to it in a sentence. */
function useAsking() {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const run = (ask: () => Promise<Result<true>>, then: () => void) => {
    setBusy(true);
    setWrong(null);
    void ask().then((answer) => {
      setBusy(false);
      if (answer.ok) then();
      else setWrong(reason(answer));
    });
  };
  return { busy, wrong, run, refuse: setWrong };
}

function reason({ why, code, retryAfterS }: Refused): string {
  switch (code) {
    case "address_wrong":
    case "bad_request":
      return t("mail_address.wrong");
    case "address_code_wrong":
      return t("mail_address.code.wrong");
    case "mail_not_taken":
      return t("mail_address.not_taken");
    case "mail_off":
      return t("mail_address.off");
    case "too_many_tries":
      return t("mail_address.throttled", { count: Math.max(1, Math.ceil((retryAfterS ?? 60) / 60)) });
    default:
      return t(why === "offline" ? "mail_address.offline" : "mail_address.server");
  }
}
