// One stop of a tour: picture, name, sound, story; check-in fixed below.

import { useRef, useState } from "preact/hooks";
import { useRoute } from "preact-iso/router";
import { actions, view } from "../app-state.ts";
import type { DepartureView, TourStopView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { clockTime } from "../texts/times.ts";
import { Download } from "../ui/download.tsx";
import { Icon } from "../ui/icon.tsx";
import { ThinLine } from "../ui/line.tsx";
import { Listen } from "../ui/listen.tsx";
import { Picture } from "../ui/picture.tsx";
import { Player } from "../ui/player.tsx";
import { Screen } from "../ui/screen.tsx";
import { Status } from "../ui/status.tsx";
import { Story } from "../ui/story.tsx";
import { hoursNow, opensWhen } from "./check-in-hours.ts";
import { inGroups, LargeCode } from "./guide-parts.tsx";
import { Missing } from "./missing.tsx";

export function TourStop() {
  const { params } = useRoute();
  const one = view.value.departures.find(({ departure }) => departure.departure_id === params.departureId);
  const index = one?.stops.findIndex(({ stop }) => stop.key === params.stopKey) ?? -1;
  const here = one?.stops[index];
  if (!one) return <Missing />;
  if (!here) return one.document ? <Missing /> : <NotHere one={one} />;
  return <Stop one={one} here={here} index={index} key={here.stop.key} />;
}

interface StopProps {
  one: DepartureView;
  here: TourStopView;
  index: number;
}

function Stop({ one, here, index }: StopProps) {
  const { stop } = here;
  const code = one.codes[stop.key];
  return (
    <Screen
      title={stop.name}
      back={{ href: paths.departure(one.departure.departure_id), name: t("back.tour") }}
      tabs={false}
      above={
        <>
          <ThinLine
            done={index + 1}
            of={one.stops.length}
            words={t("steps.of", { done: index + 1, of: one.stops.length })}
          />
          {stop.picture && (
            <Picture
              class="picture picture-rounded"
              src={stop.picture.medium.url}
              alt={stop.picture.alt}
              width={640}
              height={360}
            />
          )}
        </>
      }
      below={
        <p class="label facts">
          <span>{t(`site.stop_kind.${stop.kind}`)}</span>
          <span class="fact">
            <Icon name="clock" size={18} />
            {t("minutes.short", { count: stop.minutes })}
          </span>
        </p>
      }
      foot={<StopFoot one={one} here={here} index={index} />}
    >
      {code && <CodeCard name={stop.name} code={code} />}
      <StopStory one={one} here={here} index={index} />
    </Screen>
  );
}

function StopStory({ one, here }: StopProps) {
  const text = useRef<HTMLDivElement>(null);
  const { stop } = here;
  const spoken = one.document?.language ?? "sv";
  const keep = (seconds: number) => {
    void actions.keepPlace(one.departure.activity_id, stop.key, seconds).catch(() => {});
  };
  const tools = stop.audio ? (
    <Player medium={stop.audio} source={one.source} startAt={null} onPosition={keep} />
  ) : (
    <Listen text={text} language={spoken} recorded={null} />
  );
  return <Story html={stop.html} language={spoken} into={text} tools={tools} />;
}

function CodeCard({ name, code }: { name: string; code: string }) {
  const [large, setLarge] = useState(false);
  return (
    <section class="card">
      <h2 class="label">{t("site.code")}</h2>
      <data class="code code-card numbers" value={code}>
        {inGroups(code)}
      </data>
      <div>
        <button type="button" class="button button-second" onClick={() => setLarge(true)}>
          {t("site.show_code")}
        </button>
      </div>
      {large && <LargeCode name={name} code={code} onClose={() => setLarge(false)} />}
    </section>
  );
}

function StopFoot({ one, here, index }: StopProps) {
  const { departure } = one;
  const next = one.stops[index + 1];
  const onwards = next
    ? { href: paths.stop(departure.departure_id, next.stop.key), words: t("stop.next", { stop: next.stop.name }) }
    : { href: paths.departure(departure.departure_id), words: t("stop.to_tour") };
  const hours = departure.part === "participant" && !departure.is_cancelled ? hoursNow(departure) : null;
  if (here.checkIn || hours !== "open") {
    return (
      <>
        {here.checkIn && <CheckedInRow one={one} here={here} index={index} />}
        {!here.checkIn && hours === "early" && (
          <p class="fact">
            <Icon name="clock" size={20} />
            {opensWhen(departure)}
          </p>
        )}
        <a class={`button ${here.checkIn || !next ? "button-main" : "button-second"} button-wide`} href={onwards.href}>
          {onwards.words}
        </a>
      </>
    );
  }
  return (
    <a class="button button-main button-wide" href={paths.checkIn(departure.departure_id, here.stop.key)}>
      <Icon name="site" />
      {t("stop.check_in")}
    </a>
  );
}

function CheckedInRow({ one, here }: StopProps) {
  const { checkIn, stop } = here;
  if (!checkIn) return null;
  const isSaved = checkIn.delivery === "waiting";
  const wantsCode = !one.attended && checkIn.confidence === "low";
  const time = clockTime(checkIn.checkedInAt, language.value);
  return (
    <div class="foot-row">
      <span class="facts">
        <Status state={isSaved ? "saved" : "done"} words={t("stop.checked_in", { time })} />
        {isSaved && <span class="label">{t("state.saved.more")}</span>}
        {checkIn.delivery === "review" && <Status state="soon" words={t("state.review")} />}
        {checkIn.delivery === "attention" && <Status state="late" words={t("state.attention")} />}
      </span>
      {wantsCode && (
        <a class="button button-plain" href={`${paths.checkIn(one.departure.departure_id, stop.key)}?with=code`}>
          {t("stop.again")}
        </a>
      )}
    </div>
  );
}

function NotHere({ one }: { one: DepartureView }) {
  return (
    <Screen title={one.title} back={{ href: paths.departure(one.departure.departure_id) }} tabs={false}>
      <Download source={one.source} absentBody="download.absent.tour" />
    </Screen>
  );
}
