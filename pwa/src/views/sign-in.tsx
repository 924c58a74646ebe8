import { useState } from "preact/hooks";
import { signIn } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { isStandalone } from "../ui/install-state.ts";
import { SignInFrame, useAttempt } from "./sign-in-frame.tsx";

export function SignIn() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const attempt = useAttempt("sign_in.wrong");
  const submit = () => {
    if (!email.trim() || !password) attempt.refuse(t("sign_in.empty"));
    else void attempt.run(() => signIn(email.trim(), password));
  };
  return (
    <SignInFrame
      title={t("sign_in.title")}
      lead={t("sign_in.lead")}
      action={t("sign_in.action")}
      attempt={attempt}
      onSubmit={submit}
      below={
        <>
          <a class="button button-second button-wide" href={paths.signInCode}>
            <Icon name="keys" />
            {t("sign_in.have_code")}
          </a>
          {isStandalone && (
            <a class="button button-second button-wide" href={paths.signInContinue}>
              <Icon name="home" />
              {t("sign_in.have_handover")}
            </a>
          )}
          <p class="label">{t("sign_in.forgotten")}</p>
        </>
      }
    >
      <Field
        name="email"
        type="email"
        autocomplete="username"
        words={t("sign_in.email")}
        value={email}
        onValue={setEmail}
      />
      <Field
        name="password"
        type={shown ? "text" : "password"}
        autocomplete="current-password"
        words={t("sign_in.password")}
        value={password}
        onValue={setPassword}
      />
      <label class="tick-row">
        <input
          class="tick"
          type="checkbox"
          checked={shown}
          onChange={(event) => setShown(event.currentTarget.checked)}
        />
        <span>{t("sign_in.show")}</span>
      </label>
    </SignInFrame>
  );
}
