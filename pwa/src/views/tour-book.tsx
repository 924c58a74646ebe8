// The tour book: each place where one checked in stamps a page.
import type { DepartureView } from "../model/view.ts";
import { language, t } from "../texts/texts.ts";
import { clockTime } from "../texts/times.ts";
import { Icon, type IconName } from "../ui/icon.tsx";

const SIGNS: Record<string, IconName> = {
  history: "read",
  future_plan: "add",
  department_visit: "home",
  meeting: "people",
};

export function TourBook({ one }: { one: DepartureView }) {
  const stamped = one.stops.filter((stop) => stop.checkIn);
  if (one.stops.length < 2) return null;
  return (
    <section class="section">
      <h2>{t("site.book")}</h2>
      {stamped.length === 0 && <p class="quiet">{t("site.book.empty")}</p>}
      <ul class="book">
        {stamped.map(({ stop, checkIn }) => (
          <li class={`book-stamp book-${stop.kind}`} key={stop.key}>
            <Icon name={SIGNS[stop.kind] ?? "site"} size={28} />
            <span class="book-name">{stop.name}</span>
            <span class="label numbers">{checkIn && clockTime(checkIn.checkedInAt, language.value)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
