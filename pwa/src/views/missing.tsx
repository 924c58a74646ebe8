import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Screen } from "../ui/screen.tsx";

export function Missing() {
  return (
    <Screen title={t("missing.title")} headingHidden>
      <Empty picture="quay" title={t("missing.title")} body={t("missing.body")}>
        <a class="button button-second" href={paths.today}>
          {t("missing.action")}
        </a>
      </Empty>
    </Screen>
  );
}
