// Checking in: first what is saved and who sees it; then the likely way large, the other as a row; then "saved", alone.

import { useEffect, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso/router";
import { pocket, view } from "../app-state.ts";
import type { DepartureView, TourStopView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { clockTime } from "../texts/times.ts";
import { useHeading } from "../ui/heading.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Screen } from "../ui/screen.tsx";
import { CheckInByCode } from "./check-in-code.tsx";
import { hoursNow, opensWhen } from "./check-in-hours.ts";
import { CheckInByPlace } from "./check-in-place.tsx";
import { keptFor } from "./kept-for.ts";
import { Missing } from "./missing.tsx";

const ALONE_MS = 1500;

export interface CheckInProps {
  one: DepartureView;
  here: TourStopView;
  /** the intent is durable on the phone */
  onSaved: (way: Way) => void;
  onOther: () => void;
}
type Way = "place" | "code";

export function CheckIn() {
  const { params, query } = useRoute();
  const one = view.value.departures.find(({ departure }) => departure.departure_id === params.departureId);
  const here = one?.stops.find(({ stop }) => stop.key === params.stopKey);
  if (!one || !here) return <Missing />;
  return <Ways one={one} here={here} wanted={query.with === "code" ? "code" : "place"} />;
}

function Ways({ one, here, wanted }: { one: DepartureView; here: TourStopView; wanted: Way }) {
  const { route } = useLocation();
  const [told, setTold] = useState(
    () => pocket()?.get("check_in_told") || view.value.departures.some((any) => any.checkedIn > 0),
  );
  const [way, setWay] = useState<Way>(here.stop.place ? wanted : "code");
  const [saved, setSaved] = useState<{ way: Way; at: Date } | null>(null);
  const back = paths.stop(one.departure.departure_id, here.stop.key);

  useEffect(() => {
    if (!saved) return;
    // With a code the person also reads that it is checked later; that takes a moment more.
    const timer = setTimeout(() => route(back, true), saved.way === "code" ? ALONE_MS * 2 : ALONE_MS);
    return () => clearTimeout(timer);
  }, [saved]);

  if (saved) return <Saved name={here.stop.name} way={saved.way} at={saved.at} />;
  const hours = hoursNow(one.departure);
  if (hours !== "open")
    return <Closed one={one} here={here} words={hours === "early" ? opensWhen(one.departure) : t("stop.closed")} />;
  if (!told) {
    return (
      <FirstTime
        back={back}
        onGo={() => {
          pocket()?.put("check_in_told", true);
          setTold(true);
        }}
      />
    );
  }
  const onSaved = (by: Way) => {
    navigator.vibrate?.(30);
    setSaved({ way: by, at: new Date() });
  };
  const shared = { one, here, onSaved };
  return way === "place" ? (
    <CheckInByPlace {...shared} onOther={() => setWay("code")} />
  ) : (
    <CheckInByCode {...shared} onOther={() => setWay("place")} />
  );
}

/** Somebody came by a door that stood open before: the server would only send it to review. */
function Closed({ one, here, words }: { one: DepartureView; here: TourStopView; words: string }) {
  return (
    <Screen
      title={here.stop.name}
      back={{ href: paths.stop(one.departure.departure_id, here.stop.key) }}
      tabs={false}
      above={<p class="label">{t("check.title")}</p>}
    >
      <p class="lead">{words}</p>
    </Screen>
  );
}

const TOLD_PARTS: { key: "saved" | "seen" | "kept"; icon: IconName }[] = [
  { key: "saved", icon: "receipt" },
  { key: "seen", icon: "people" },
  { key: "kept", icon: "clock" },
];

function FirstTime({ back, onGo }: { back: string; onGo: () => void }) {
  return (
    <Screen
      title={t("check.first.title")}
      back={{ href: back }}
      tabs={false}
      foot={
        <button type="button" class="button button-main button-wide" onClick={onGo}>
          {t("ok")}
        </button>
      }
    >
      <ul class="told">
        {TOLD_PARTS.map(({ key, icon }) => (
          <li class="told-part" key={key}>
            <span class="told-icon">
              <Icon name={icon} />
            </span>
            <div>
              <h2 class="lead strong">{t(`check.first.${key}`)}</h2>
              <p>{key === "kept" ? keptFor() : t(`check.first.${key}.body`)}</p>
            </div>
          </li>
        ))}
      </ul>
    </Screen>
  );
}

function Saved({ name, way, at }: { name: string; way: Way; at: Date }) {
  const heading = useHeading(name);
  return (
    <main class="saved">
      <svg class="stamp" viewBox="0 0 96 96" width="128" height="128" aria-hidden="true" focusable="false">
        <circle cx="48" cy="48" r="44" class="stamp-rim" />
        <circle cx="48" cy="48" r="34" class="stamp-fill" />
        <path d="M33 49l10.500 10.500L64 38" class="stamp-tick" />
      </svg>
      <div class="saved-words" role="status">
        {t("check.saved")}
      </div>
      <h1 tabIndex={-1} ref={heading}>
        {name}
      </h1>
      <time class="number" dateTime={at.toISOString()}>
        {clockTime(at, language.value)}
      </time>
      {way === "code" && <p class="quiet">{t("check.saved.code")}</p>}
    </main>
  );
}
