import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { install, installPrompt, isIos } from "../ui/install-state.ts";
import { Screen } from "../ui/screen.tsx";
import { IphoneSteps } from "./install-iphone.tsx";

export function Install() {
  if (isIos) {
    return (
      <Screen title={t("install.android.title")} back={{ href: paths.me, name: t("tab.me") }}>
        <IphoneSteps />
      </Screen>
    );
  }
  const prompt = installPrompt.value;
  return (
    <Screen
      title={t("install.android.title")}
      back={{ href: paths.me, name: t("tab.me") }}
      below={<p class="lead quiet">{t("install.android.body")}</p>}
      foot={
        prompt && (
          <button type="button" class="button button-main button-wide" onClick={() => void install()}>
            {t("install.android.action")}
          </button>
        )
      }
    >
      <img class="install-picture" src="/static/pictures/home-screen.svg" alt="" width="320" height="180" />
      {!prompt && <p>{t("install.android.menu")}</p>}
    </Screen>
  );
}
