import { t } from "../texts/texts.ts";

/** The shape of Today while the phone's own store is opened; mostly too short to be seen. */
export function Starting() {
  return (
    <main class="screen" aria-busy="true">
      <h1 class="only-heard">{t("starting")}</h1>
      <div class="bone bone-line bone-title" />
      <div class="bone bone-picture" />
      <div class="bone bone-line" />
      <div class="bone bone-line bone-short" />
    </main>
  );
}
