// By place: the phone compares, and only "at the stop" leaves it.
import { useEffect, useState } from "preact/hooks";
import { actions, type PlaceReading, watchPlace } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { distance } from "../texts/times.ts";
import { Wrong } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { useSaving } from "../ui/saving.ts";
import { Screen } from "../ui/screen.tsx";
import type { CheckInProps } from "./check-in.tsx";

const UNSURE_M = 100;

export function CheckInByPlace({ one, here, onSaved, onOther }: CheckInProps) {
  const [reading, setReading] = useState<PlaceReading | null>(null);
  const { failed, busy, save } = useSaving();
  const fence = here.stop.place;
  useEffect(() => (fence ? watchPlace(fence, setReading) : undefined), [fence]);

  const isInside = reading?.state === "found" && reading.inside;
  const checkIn = async () => {
    if (reading?.state !== "found" || !reading.inside) return;
    const { bucket } = reading;
    const version = one.document?.version ?? 1;
    const act = () => actions.checkInByPlace(one.departure.departure_id, here.stop.key, bucket, version);
    if (await save(act)) onSaved("place");
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
          <button
            type="button"
            class="button button-main button-wide"
            onClick={checkIn}
            disabled={busy}
            aria-disabled={isInside ? undefined : "true"}
          >
            <Icon name="site" />
            {t("check.here")}
          </button>
        </>
      }
    >
      <PlaceState reading={reading} />
      <ul class="rows">
        <li>
          <button type="button" class="row" onClick={onOther}>
            <Icon name="keys" />
            <span class="row-text">
              <span class="row-name">{t("check.with_code")}</span>
              <span class="label">{t("check.with_code.hint")}</span>
            </span>
            <Icon name="forward" />
          </button>
        </li>
      </ul>
      <p class="label fact">
        <Icon name="shield" size={18} />
        <span>{t("check.stays")}</span>
      </p>
    </Screen>
  );
}

function PlaceState({ reading }: { reading: PlaceReading | null }) {
  const { tone, words } = placeWords(reading);
  return (
    <div class={`place place-${tone}`} role="status">
      <svg class="place-picture" viewBox="0 0 120 120" aria-hidden="true" focusable="false">
        <circle class="place-fence" cx="60" cy="60" r="54" />
        <circle class="place-core" cx="60" cy="60" r="30" />
        <path class="place-pin" d="M60 78s-14-12-14-23.500a14 14 0 0 1 28 0C74 66 60 78 60 78z" />
        <circle class="place-eye" cx="60" cy="54.500" r="5" />
      </svg>
      <p class="lead strong">{words}</p>
    </div>
  );
}

function placeWords(reading: PlaceReading | null): { tone: "looking" | "inside" | "away"; words: string } {
  if (!reading) return { tone: "looking", words: t("check.looking") };
  switch (reading.state) {
    case "found": {
      if (reading.inside) return { tone: "inside", words: t("check.inside") };
      const metres = (count: number) => distance(count, language.value);
      const isUnsure = reading.accuracyM > UNSURE_M;
      return {
        tone: "away",
        words: isUnsure
          ? t("check.unsure", { distance: metres(reading.accuracyM) })
          : t("check.away", { distance: metres(reading.distanceM) }),
      };
    }
    case "denied":
      return { tone: "away", words: t("check.denied") };
    case "unavailable":
      return { tone: "away", words: t("check.no_place") };
    default:
      return reading satisfies never;
  }
}
