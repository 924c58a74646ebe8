// What only guides see: the codes to show, and who is expected.
import { useState } from "preact/hooks";
import type { DepartureView } from "../model/view.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Mark } from "../ui/mark.tsx";
import { DeliveryStatus } from "../ui/status.tsx";

/** Two groups of four: that is how people read them out. */
export function inGroups(code: string, size = 4): string {
  return code.replace(new RegExp(`(.{${size}})(?=.)`, "g"), "$1 ");
}

export function GuideCodes({ one }: { one: DepartureView }) {
  const [large, setLarge] = useState<{ name: string; code: string } | null>(null);
  const coded = one.stops.filter((stop) => one.codes[stop.stop.key]);
  return (
    <section class="section">
      <h2>{t("site.codes")}</h2>
      {coded.length === 0 ? (
        <Banner tone="soon">
          <p>{t("site.codes.none")}</p>
        </Banner>
      ) : (
        <p class="quiet">{t("site.codes.body")}</p>
      )}
      <ul class="rows">
        {coded.map(({ stop }) => {
          const code = one.codes[stop.key] ?? "";
          return (
            <li key={stop.key}>
              <button type="button" class="row" onClick={() => setLarge({ name: stop.name, code })}>
                <span class="row-text">
                  <span class="row-name">{stop.name}</span>
                  <span class="only-heard">{t("site.show_code")}</span>
                </span>
                <span class="code numbers">{inGroups(code)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {large && <LargeCode name={large.name} code={large.code} onClose={() => setLarge(null)} />}
    </section>
  );
}

export function LargeCode({ name, code, onClose }: { name: string; code: string; onClose: () => void }) {
  return (
    <Dialog title={name} onClose={onClose}>
      <data class="code code-large numbers" value={code}>
        {inGroups(code)}
      </data>
      <p class="quiet">{t("site.codes.body")}</p>
    </Dialog>
  );
}

export function Roster({ one }: { one: DepartureView }) {
  const people = [...one.roster].sort(
    (a, b) => a.checkedInStops.length - b.checkedInStops.length || a.name.localeCompare(b.name, "sv"),
  );
  if (people.length === 0) return null;
  return (
    <section class="section">
      <div>
        <h2>{t("site.roster")}</h2>
        <p class="quiet">{t("site.expected", { count: people.length })}</p>
      </div>
      <ul class="rows">
        {people.map((person) => {
          const count = person.checkedInStops.length;
          return (
            <li class="row" key={person.personId}>
              <span class="row-mark">
                <Mark state={count > 0 ? "done" : "open"} />
              </span>
              <span class="row-text">
                <span class="row-name">{person.name}</span>
                <span class="stop-more">
                  <span class="label">{count > 0 ? t("site.person.checked", { count }) : t("site.person.none")}</span>
                  {person.reviewedStops.length > 0 && <DeliveryStatus delivery="review" />}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
