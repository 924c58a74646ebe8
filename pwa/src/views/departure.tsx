// A departure: when and where, the line of stops in bus mode, the route, and for guides the codes and the roster.
import { useRoute } from "preact-iso/router";
import { view } from "../app-state.ts";
import type { DepartureView, TourStopView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, list, t } from "../texts/texts.ts";
import { ago, asSentence, span } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";
import { Download } from "../ui/download.tsx";
import { Icon } from "../ui/icon.tsx";
import { Line } from "../ui/line.tsx";
import { languageName } from "../ui/listen.tsx";
import { now } from "../ui/now.ts";
import { Screen } from "../ui/screen.tsx";
import { DeliveryStatus, Status } from "../ui/status.tsx";
import { GuideCodes, Roster } from "./guide-parts.tsx";
import { Missing } from "./missing.tsx";
import { RoutePicture } from "./route-picture.tsx";
import { TourBook } from "./tour-book.tsx";

export function Departure() {
  const { params } = useRoute();
  const one = view.value.departures.find(({ departure }) => departure.departure_id === params.departureId);
  if (!one) return <Missing />;
  const isGuide = one.departure.part === "guide";
  const route = one.document?.route;
  return (
    <Screen
      title={one.title}
      back={{ href: paths.site, name: t("tab.site") }}
      below={<Facts one={one} />}
      foot={<Begin one={one} />}
    >
      {one.departure.is_cancelled && (
        <Banner tone="late">
          <p class="strong">{t("today.cancelled")}</p>
        </Banner>
      )}
      <Download source={one.source} absentBody="download.absent.tour" />
      {one.fellBackTo && (
        <Banner icon="tongue">
          <p>{t("course.fell_back", { language: languageName(one.fellBackTo) })}</p>
        </Banner>
      )}
      {isGuide ? <GuideCodes one={one} /> : <Rule one={one} />}
      <div class="columns">
        <div class="column">{one.stops.length > 0 && <Stops one={one} />}</div>
        <div class="column">
          {route && <RoutePicture route={route} stops={one.stops} />}
          {isGuide ? <Roster one={one} /> : <TourBook one={one} />}
        </div>
      </div>
    </Screen>
  );
}

function Facts({ one }: { one: DepartureView }) {
  const { departure } = one;
  return (
    <ul class="tour-facts">
      <li class="fact">
        <Icon name="clock" size={20} />
        <span>{asSentence(span(departure.starts_at, departure.ends_at, now.value, language.value))}</span>
      </li>
      <li class="fact">
        <Icon name="site" size={20} />
        <span>{one.meetingPlace}</span>
      </li>
      <li class="fact">
        <Icon name="people" size={20} />
        <span>
          {departure.part === "guide"
            ? t("today.you_guide")
            : t("today.guided_by", { names: list(departure.guides), count: departure.guides.length })}
        </span>
      </li>
    </ul>
  );
}

/** What it takes for the tour to count, said before it is too late to do it. */
function Rule({ one }: { one: DepartureView }) {
  if (!one.document) return null;
  if (one.attended) {
    return (
      <Banner tone="done">
        <p>{t("site.attended")}</p>
      </Banner>
    );
  }
  const needed = one.document.attendance.stops;
  const lacksCode = one.checkedIn >= needed;
  return <p>{lacksCode ? t("site.needs_code") : t("site.rule", { count: needed })}</p>;
}

function Stops({ one }: { one: DepartureView }) {
  return (
    <section class="section">
      <h2>{t("site.the_line")}</h2>
      <Line
        scale="bus"
        stops={one.stops.map((stop) => ({
          key: stop.stop.key,
          state: stop.state,
          name: stop.stop.name,
          href: paths.stop(one.departure.departure_id, stop.stop.key),
          more: <StopWords one={stop} />,
        }))}
      />
    </section>
  );
}

function StopWords({ one }: { one: TourStopView }) {
  const { stop, state, checkIn } = one;
  return (
    <>
      {checkIn?.delivery === "waiting" && <Status state="saved" words={t("state.saved.more")} />}
      {checkIn ? (
        <span>{t("stop.checked_in", { time: ago(checkIn.checkedInAt, now.value, language.value) })}</span>
      ) : (
        <>
          {state === "now" && <Status state="now" words={t("site.next")} />}
          <span>{t(`site.stop_kind.${stop.kind}`)}</span>
          <span>{t("minutes.short", { count: stop.minutes })}</span>
        </>
      )}
      <DeliveryStatus delivery={checkIn?.delivery ?? null} />
    </>
  );
}

function Begin({ one }: { one: DepartureView }) {
  const next = one.stops.find((stop) => stop.state === "now") ?? one.stops[0];
  if (!next || one.attended || one.departure.is_cancelled) return null;
  return (
    <a class="button button-main button-wide" href={paths.stop(one.departure.departure_id, next.stop.key)}>
      {one.checkedIn === 0 ? t("site.begin") : t("site.next_stop", { stop: next.stop.name })}
    </a>
  );
}
