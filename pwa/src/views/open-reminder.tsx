// The way from a notification to its screen. A reminder that is not on the phone yet is asked for, and waited for briefly.
import { useEffect } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso/router";
import { actions, connection, sendNow, view } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Screen } from "../ui/screen.tsx";

const PATIENCE_MS = 5_000;

export function OpenReminder() {
  const { params } = useRoute();
  const { route } = useLocation();
  const one = view.value.reminders.find(({ id }) => id === params.reminderId);
  useEffect(() => {
    if (!one) return;
    if (one.state === "new") void actions.seeReminder(one.id).catch(() => undefined);
    route(one.target, true);
  }, [one?.id]);
  useEffect(() => {
    if (one) return;
    sendNow();
    const timer = setTimeout(() => route(paths.reminders, true), PATIENCE_MS);
    const stop = connection.subscribe((now) => {
      if (now === "offline") route(paths.reminders, true);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [one === undefined]);
  return (
    <Screen title={t("reminders.opening")} headingHidden>
      <div class="section" aria-hidden="true">
        <div class="bone bone-line bone-title" />
        <div class="bone bone-line" />
        <div class="bone bone-line bone-short" />
      </div>
    </Screen>
  );
}
