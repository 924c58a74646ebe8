// When somebody wants to be left alone: by the pattern of their shifts, or hours of their own.
import { useId, useState } from "preact/hooks";
import { t } from "../texts/texts.ts";

export interface Hours {
  /** null: the pattern of the post decides */
  value: string | null;
  isWrong: boolean;
}
const USUAL = { from: "21:00", to: "07:00" };

export function hoursOf(value: string | null): Hours {
  return { value, isWrong: false };
}

interface QuietHoursProps {
  hours: Hours;
  onHours: (hours: Hours) => void;
}

export function QuietHours({ hours, onHours }: QuietHoursProps) {
  const [from = USUAL.from, to = USUAL.to] = hours.value?.split("-") ?? [];
  const [own, setOwn] = useState({ from, to });
  const name = useId();
  const isOwn = hours.value !== null;
  const change = (next: typeof own) => {
    setOwn(next);
    const isWrong = !next.from || !next.to || next.from === next.to;
    onHours({ value: `${next.from}-${next.to}`, isWrong });
  };
  return (
    <div class="choices">
      <label class="choice">
        <input class="tick" type="radio" name={name} checked={!isOwn} onChange={() => onHours(hoursOf(null))} />
        <span>
          {t("settings.quiet.shift")}
          <span class="label choice-tail">{t("settings.quiet.shift.more")}</span>
        </span>
      </label>
      <label class="choice">
        <input class="tick" type="radio" name={name} checked={isOwn} onChange={() => change(own)} />
        <span>{t("settings.quiet.own")}</span>
      </label>
      {isOwn && (
        <div class="hours">
          <Time
            words={t("settings.quiet.from")}
            value={own.from}
            onValue={(value) => change({ ...own, from: value })}
          />
          <Time words={t("settings.quiet.to")} value={own.to} onValue={(value) => change({ ...own, to: value })} />
        </div>
      )}
    </div>
  );
}

function Time({ words, value, onValue }: { words: string; value: string; onValue: (value: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{words}</label>
      <input
        id={id}
        type="time"
        class="input numbers"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </div>
  );
}
