import { downloads } from "../app-state.ts";
import type { DocumentSource } from "../model/view.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

/** The one mark that can be trusted: every byte is on the phone. */
export function Ready({ source }: { source: DocumentSource | null }) {
  if (!source || downloads.value[source.hash]?.state !== "ready") return null;
  return (
    <span class="ready">
      <Icon name="tick" size={22} />
      {t("ready.offline")}
    </span>
  );
}
