// Tours and meetings: what is going on, what comes, what was.
import { view } from "../app-state.ts";
import type { DepartureView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { asSentence, span } from "../texts/times.ts";
import { Empty } from "../ui/empty.tsx";
import { Icon } from "../ui/icon.tsx";
import { now } from "../ui/now.ts";
import { Picture } from "../ui/picture.tsx";
import { Ready } from "../ui/ready.tsx";
import { Screen } from "../ui/screen.tsx";
import { DeliveryStatus, Status } from "../ui/status.tsx";

const ORDER = ["now", "coming", "past"] as const;

export function Site() {
  const { departures } = view.value;
  return (
    <Screen title={t("site.title")}>
      {departures.length === 0 && <Empty picture="bus" title={t("site.empty.title")} body={t("site.empty.body")} />}
      {ORDER.map((when) => {
        const some = departures.filter((one) => one.when === when);
        if (some.length === 0) return null;
        return (
          <section class="section" key={when}>
            <h2>{t(`site.${when}`)}</h2>
            <ul class="rows">
              {some.map((one) => (
                <DepartureRow key={one.departure.departure_id} one={one} />
              ))}
            </ul>
          </section>
        );
      })}
    </Screen>
  );
}

function DepartureRow({ one }: { one: DepartureView }) {
  const { departure } = one;
  const picture = one.document?.picture?.medium.url ?? one.entry?.picture;
  return (
    <li>
      <a class="row" href={paths.departure(departure.departure_id)}>
        {picture ? (
          <Picture
            class="row-picture"
            src={picture}
            alt=""
            width={88}
            height={66}
            otherwise={<span class="row-picture" />}
          />
        ) : (
          <span class="row-picture" />
        )}
        <span class="row-text">
          <span class="row-name">{one.title}</span>
          <span class="label">
            {asSentence(span(departure.starts_at, departure.ends_at, now.value, language.value))}
          </span>
          <span class="label">{one.meetingPlace}</span>
          <span class="stop-more">
            <DepartureStatus one={one} />
          </span>
          {one.when !== "past" && <Ready source={one.source} />}
        </span>
        <Icon name="forward" />
      </a>
    </li>
  );
}

export function DepartureStatus({ one }: { one: DepartureView }) {
  if (one.departure.is_cancelled) return <Status state="late" words={t("today.cancelled")} />;
  if (one.departure.part === "guide") return <Status state="now" words={t("today.you_guide")} />;
  return (
    <>
      {one.attended && <Status state={one.delivery === "waiting" ? "saved" : "done"} />}
      {!one.attended && one.checkedIn > 0 && (
        <Status
          state={one.delivery === "waiting" ? "saved" : "done"}
          words={t("site.checked", { done: one.checkedIn, of: one.stops.length })}
        />
      )}
      <DeliveryStatus delivery={one.delivery} />
    </>
  );
}
