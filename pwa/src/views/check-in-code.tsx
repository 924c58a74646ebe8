// By the guide's code. Its last character checks the others, so a slip of the thumb is seen at once, without a network.
import { useState } from "preact/hooks";
import { actions } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Field, Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { useSaving } from "../ui/saving.ts";
import { Screen } from "../ui/screen.tsx";
import type { CheckInProps } from "./check-in.tsx";

const FORM = "check-in-code";

export function CheckInByCode({ one, here, onSaved, onOther }: CheckInProps) {
  const [code, setCode] = useState("");
  const [mistyped, setMistyped] = useState(false);
  const { failed, busy, save } = useSaving();
  const submit = async () => {
    let isRight = false;
    const saved = await save(async () => {
      const answer = await actions.checkInByCode(one.departure.departure_id, here.stop.key, code);
      isRight = answer.ok;
    });
    if (saved && isRight) onSaved("code");
    else setMistyped(saved);
  };
  return (
    <Screen
      title={here.stop.name}
      back={{ href: paths.stop(one.departure.departure_id, here.stop.key) }}
      tabs={false}
      above={<p class="label">{t("check.title")}</p>}
      foot={
        <>
          {failed && <Wrong words={t("step.failed_save")} />}
          <button type="submit" form={FORM} class="button button-main button-wide" disabled={busy}>
            {t("check.code.action")}
          </button>
        </>
      }
    >
      <form
        id={FORM}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          name="code"
          isCode
          words={t("check.code")}
          hint={t("check.with_code.hint")}
          value={code}
          wrong={mistyped ? t("check.mistyped") : null}
          onValue={(value) => {
            setCode(value);
            setMistyped(false);
          }}
        />
      </form>
      {here.stop.place && (
        <ul class="rows">
          <li>
            <button type="button" class="row" onClick={onOther}>
              <Icon name="site" />
              <span class="row-text">
                <span class="row-name">{t("check.with_place")}</span>
              </span>
              <Icon name="forward" />
            </button>
          </li>
        </ul>
      )}
    </Screen>
  );
}
