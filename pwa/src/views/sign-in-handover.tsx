import { useState } from "preact/hooks";
import { redeemHandover } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Field } from "../ui/field.tsx";
import { SignInFrame, useAttempt } from "./sign-in-frame.tsx";

/** iPhone: the home-screen app takes over the session of the tab. */
export function SignInFromTab() {
  const [code, setCode] = useState("");
  const attempt = useAttempt("sign_in.wrong_handover");
  const submit = () => {
    if (!code.trim()) attempt.refuse(t("sign_in.empty_code"));
    else void attempt.run(() => redeemHandover(code.trim()));
  };
  return (
    <SignInFrame
      title={t("sign_in.handover.title")}
      lead={t("sign_in.handover.lead")}
      action={t("sign_in.handover.action")}
      attempt={attempt}
      onSubmit={submit}
      below={
        <a class="button button-second button-wide" href={paths.signIn}>
          {t("sign_in.have_password")}
        </a>
      }
    >
      <Field
        name="code"
        autocomplete="one-time-code"
        isCode
        words={t("sign_in.handover.code")}
        value={code}
        onValue={setCode}
      />
    </SignInFrame>
  );
}
