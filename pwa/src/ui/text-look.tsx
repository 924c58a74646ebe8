// "Aa": how large and how airy the texts are. Kept on this phone for this person, and seen at once in the text below.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { pocket, type TextLook } from "../app-state.ts";
import { t } from "../texts/texts.ts";

const SIZES = [0, 1, 2, 3] as const;
const SPACINGS = [0, 1, 2] as const;
const choices = signal(0);

/** Redraws whoever calls it when another look is chosen. */
export function textLook(): TextLook {
  void choices.value;
  return pocket()?.get("text_look") ?? { size: 0, spacing: 0 };
}

function choose(look: TextLook): void {
  pocket()?.put("text_look", look);
  choices.value++;
}

/** The row above a text: what reads it aloud, and what makes it easier to read. */
export function TextTools({ children }: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div class="text-tools">
      <div class="text-tools-row">
        {children}
        <button
          type="button"
          class="button button-plain text-look-button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          <span>
            Aa
            <span class="only-heard"> {t("look.name")}</span>
          </span>
        </button>
      </div>
      <div id={id} hidden={!open}>
        {open && <Panel />}
      </div>
    </div>
  );
}

function Panel() {
  const look = textLook();
  return (
    <div class="text-look">
      <Choices
        legend={t("look.size")}
        values={SIZES}
        words={(value) => t(`look.size.${value}`)}
        value={look.size}
        onValue={(size) => choose({ ...look, size })}
      />
      <Choices
        legend={t("look.spacing")}
        values={SPACINGS}
        words={(value) => t(`look.spacing.${value}`)}
        value={look.spacing}
        onValue={(spacing) => choose({ ...look, spacing })}
      />
    </div>
  );
}

interface ChoicesProps<V extends number> {
  legend: string;
  values: readonly V[];
  words: (value: V) => string;
  value: number;
  onValue: (value: V) => void;
}

function Choices<V extends number>({ legend, values, words, value, onValue }: ChoicesProps<V>) {
  const name = useId();
  return (
    <fieldset>
      <legend class="label">{legend}</legend>
      <div class="text-look-row">
        {values.map((one) => (
          <label class="filter" key={one}>
            <input class="tick" type="radio" name={name} checked={value === one} onChange={() => onValue(one)} />
            <span>{words(one)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
