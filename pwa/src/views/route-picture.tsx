// The route picture with the stops ticked that one has been at, and, if the person wants, a dot where they are. The dot is only drawn.
import { useEffect, useState } from "preact/hooks";
import { type RouteReading, watchRoute } from "../app-state.ts";
import { georeference } from "../model/place.ts";
import type { TourStopView } from "../model/view.ts";
import type { Route } from "../protocol.gen.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "../ui/icon.tsx";
import { Mark } from "../ui/mark.tsx";

export function RoutePicture({ route, stops }: { route: Route; stops: TourStopView[] }) {
  const [watching, setWatching] = useState(false);
  const [reading, setReading] = useState<RouteReading | null>(null);
  useEffect(() => {
    if (!watching) return setReading(null);
    return watchRoute(route, setReading);
  }, [watching, route]);
  const place = georeference(route.control_points);
  return (
    <section class="section">
      <h2>{t("site.route")}</h2>
      <figure class="route">
        <div class="route-picture">
          <img src={route.picture.medium.url} alt={route.picture.alt} />
          {place &&
            stops.map(({ stop, state }) => {
              if (!stop.place) return null;
              const { x, y } = place({ lat: stop.place.lat, lon: stop.place.lon, accuracyM: 0 });
              return (
                <span
                  key={stop.key}
                  class={`route-stop route-${state}`}
                  style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
                  aria-hidden="true"
                >
                  {(state === "done" || state === "saved") && <Mark state={state} />}
                </span>
              );
            })}
          {reading?.state === "found" && <Dot at={reading} />}
        </div>
        <figcaption class="label">{route.attribution}</figcaption>
      </figure>
      <p class="label">{t("site.dot_stays")}</p>
      <DotWords reading={reading} />
      <div>
        <button type="button" class="button button-second" onClick={() => setWatching(!watching)}>
          <Icon name="site" />
          {t(watching ? "site.hide_me" : "site.show_me")}
        </button>
      </div>
    </section>
  );
}

type Found = Extract<RouteReading, { state: "found" }>;

function isOnPicture({ x, y }: Found): boolean {
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

function Dot({ at }: { at: Found }) {
  if (!isOnPicture(at)) return null;
  const where = { left: `${at.x * 100}%`, top: `${at.y * 100}%` };
  return (
    <>
      <span class="route-unsure" style={{ ...where, width: `${at.radius * 200}%` }} />
      <span class="route-dot" style={where} role="img" aria-label={t("site.you")} />
    </>
  );
}

function DotWords({ reading }: { reading: RouteReading | null }) {
  if (!reading) return null;
  if (reading.state === "found") return isOnPicture(reading) ? null : <p role="status">{t("site.off_map")}</p>;
  return <p role="status">{t(reading.state === "denied" ? "check.denied" : "check.no_place")}</p>;
}
