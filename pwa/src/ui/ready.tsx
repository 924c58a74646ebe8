import { downloads } from "../app-state.ts";
import type { DocumentSource } from "../model/view.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

/** The one mark that can be trusted: every byte is on the phone. Without its sound and film it says that, and is quieter. */
export function Ready({ source }: { source: DocumentSource | null }) {
  const state = source && downloads.value[source.hash]?.state;
  if (state === "ready_text" || state === "waiting_for_wifi") {
    return (
      <span class="label fact">
        <Icon name="tick" size={18} />
        {t("ready.text")}
      </span>
    );
  }
  if (state !== "ready") return null;
  return (
    <span class="ready">
      <Icon name="tick" size={22} />
      {t("ready.offline")}
    </span>
  );
}
