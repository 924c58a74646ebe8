import { signal } from "@preact/signals";
import { applyUpdate, update } from "../app-state.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

/** Said once a start; who says "later" is not asked again until the app is opened anew. */
const putOff = signal(false);

export function UpdateBanner() {
  if (update.value !== "ready" || putOff.value) return null;
  return (
    <section class="banner" aria-label={t("update.ready")}>
      <Icon name="fresh" />
      <div>
        <p>{t("update.ready")}</p>
        <div class="buttons">
          <button type="button" class="button button-plain" onClick={() => void applyUpdate()}>
            {t("update.apply")}
          </button>
          <button type="button" class="button button-plain" onClick={() => (putOff.value = true)}>
            {t("update.later")}
          </button>
        </div>
      </div>
    </section>
  );
}
