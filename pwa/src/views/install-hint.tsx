// Android: offered once, after the first saved act. Closed means closed.
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";
import { closeInstallHint, showInstallHint } from "../ui/install-state.ts";

export function InstallHint() {
  if (!showInstallHint.value) return null;
  return (
    <Banner icon="home">
      <p class="strong">{t("install.android.title")}</p>
      <p>{t("install.android.body")}</p>
      <div class="buttons">
        <a class="button button-plain" href={paths.install}>
          {t("install.android.action")}
        </a>
        <button type="button" class="button button-plain" onClick={closeInstallHint}>
          {t("not_now")}
        </button>
      </div>
    </Banner>
  );
}
