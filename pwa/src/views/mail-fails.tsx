// Mail to one's own address came back: said where reminders are, with the way to mend it.
import { view } from "../app-state.ts";
import { failingMail } from "../model/reminders.ts";
import { language, t } from "../texts/texts.ts";
import { dayName } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";

export function MailFails() {
  const fails = failingMail(view.value);
  if (!fails) return null;
  return (
    <Banner tone="soon" icon="alert">
      <p>
        <strong>{t("mail.fails", { address: fails.address })}</strong>
      </p>
      <p>{t("mail.fails.body", { day: dayName(fails.until, view.value.today, language.value) })}</p>
    </Banner>
  );
}
