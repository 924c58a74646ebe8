import { useId } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface FieldProps {
  name: string;
  words: string;
  type?: "text" | "email" | "password";
  autocomplete?: "username" | "current-password" | "new-password" | "one-time-code" | "off";
  value: string;
  onValue: (value: string) => void;
  hint?: string;
  wrong?: string | null;
  isCode?: boolean;
}

export function Field(props: FieldProps) {
  const { name, words, type = "text", autocomplete = "off", value, onValue, hint, wrong, isCode = false } = props;
  const id = useId();
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{words}</label>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        id={id}
        name={name}
        {...asTyped(type)}
        autocomplete={autocomplete}
        autocapitalize={isCode ? "characters" : "none"}
        autocorrect="off"
        spellcheck={false}
        class={isCode ? "input input-code" : "input"}
        value={value}
        aria-invalid={wrong ? "true" : undefined}
        aria-describedby={described || undefined}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {wrong && <Wrong id={`${id}-wrong`} words={wrong} />}
    </div>
  );
}

/** Preact's types tie the role to the literal type; none of ours has a role, so any of them may stand for all. */
function asTyped(type: NonNullable<FieldProps["type"]>): { type: "text" } {
  return { type: type as "text" };
}

export function Wrong({ id, words }: { id?: string; words: string }) {
  return (
    <p class="field-wrong" id={id} role="alert">
      <Icon name="alert" />
      <span>{words}</span>
    </p>
  );
}
