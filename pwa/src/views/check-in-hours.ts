// Whether a check-in is open just now, and when it will be. It turns while somebody looks, also without a network.
import { view } from "../app-state.ts";
import { type Hours, hoursOf, opensMs } from "../model/hours.ts";
import type { MyDeparture } from "../protocol.gen.ts";
import { language, t } from "../texts/texts.ts";
import { moment } from "../texts/times.ts";
import { now } from "../ui/now.ts";

export function hoursNow(departure: MyDeparture): Hours {
  return hoursOf(departure, now.value.getTime() + view.value.skewMs);
}

/** "Incheckningen öppnar i morgon 07.00." */
export function opensWhen(departure: MyDeparture): string {
  const opens = new Date(opensMs(departure)).toISOString();
  return t("stop.opens", { when: moment(opens, now.value, language.value) });
}
