// How long check-ins are kept, in words.
import { view } from "../app-state.ts";
import { t } from "../texts/texts.ts";

/** A phone that was last told of its person by an older server does not know the number. */
export function keptFor(): string {
  const months: number | undefined = view.value.self?.check_in_months;
  return months === undefined ? t("check.first.kept.unknown") : t("check.first.kept.body", { count: months });
}
