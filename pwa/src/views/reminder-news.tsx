// On Today: what is new in the inbox. One is told whole, several are counted.
import { view } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Banner } from "../ui/banner.tsx";

export function ReminderNews() {
  const unseen = view.value.reminders.filter(({ state }) => state === "new");
  const [first] = unseen;
  if (!first) return null;
  const isOne = unseen.length === 1;
  return (
    <Banner icon="bell">
      <p class="label">{t("reminders.news", { count: unseen.length })}</p>
      <p class="strong">{first.title}</p>
      <p>{first.body}</p>
      <div class="buttons">
        <a class="button button-plain" href={isOne ? paths.reminder(first.id) : paths.reminders}>
          {t(isOne ? "reminders.open" : "reminders.news.all")}
        </a>
      </div>
    </Banner>
  );
}
