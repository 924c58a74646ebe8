import { useState } from "preact/hooks";
import { signInWithCode } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Field } from "../ui/field.tsx";
import { SignInFrame, useAttempt } from "./sign-in-frame.tsx";

const SHORTEST_PASSWORD = 12;

export function SignInWithCode() {
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const attempt = useAttempt("sign_in.wrong_code");
  const submit = () => {
    if (!email.trim() || !code.trim() || !password) attempt.refuse(t("sign_in.empty_code"));
    else if (password.length < SHORTEST_PASSWORD) attempt.refuse(t("sign_in.short"));
    else void attempt.run(() => signInWithCode(email.trim(), code.trim(), password));
  };
  return (
    <SignInFrame
      title={t("sign_in.code.title")}
      lead={t("sign_in.code.lead")}
      action={t("sign_in.action")}
      attempt={attempt}
      onSubmit={submit}
      below={
        <a class="button button-second button-wide" href={paths.signIn}>
          {t("sign_in.have_password")}
        </a>
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
      <Field name="code" autocomplete="one-time-code" isCode words={t("sign_in.code")} value={code} onValue={setCode} />
      <Field
        name="new-password"
        type="password"
        autocomplete="new-password"
        words={t("sign_in.new_password")}
        hint={t("sign_in.new_password.hint")}
        value={password}
        onValue={setPassword}
      />
    </SignInFrame>
  );
}
