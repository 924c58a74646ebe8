import { useEffect } from "preact/hooks";
import { t } from "../texts/texts.ts";
import { Empty } from "../ui/empty.tsx";

export function StorageBroken() {
  useEffect(() => {
    document.title = `${t("broken.title")} – ${t("app.name")}`;
  }, []);
  return (
    <main class="screen screen-alone">
      <h1 class="only-heard">{t("broken.title")}</h1>
      <Empty picture="quay" title={t("broken.title")} body={t("broken.body")}>
        <p class="label">{t("broken.private")}</p>
        <button type="button" class="button button-main" onClick={() => location.reload()}>
          {t("broken.action")}
        </button>
      </Empty>
    </main>
  );
}
