import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Screen } from "../ui/screen.tsx";
import { keptFor } from "./kept-for.ts";

const PARTS = ["seen", "place", "kept", "phone", "ask"] as const;

export function Privacy() {
  return (
    <Screen title={t("privacy.title")} back={{ href: paths.me, name: t("tab.me") }}>
      <div class="story">
        {PARTS.map((part) => (
          <section key={part}>
            <h2>{t(`privacy.${part}.title`)}</h2>
            <p>{part === "kept" ? keptFor() : t(`privacy.${part}.body`)}</p>
          </section>
        ))}
      </div>
    </Screen>
  );
}
