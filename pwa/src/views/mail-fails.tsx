// Mail to one's own address came back: said where reminders are, with the way to mend it.
import { view } from "../app-state.ts";
import { failingMail } from "../model/reminders.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { dayName } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";

export function MailFails({ withWay = false }: { withWay?: boolean }) {
  const fails = failingMail(view.value);
  if (!fails) return null;
  return (
    <Banner tone="soon" icon="alert">
      <p>
        <strong>{t("mail.fails", { address: fails.address })}</strong>
      </p>
      <p>{t("mail.fails.body", { day: dayName(fails.until, view.value.today, language.value) })}</p>
      {withWay && (
        <div class="buttons">
          <a class="button button-plain" href={paths.mailAddress}>
            {t("mail.fails.action")}
          </a>
        </div>
      )}
    </Banner>
  );
}
