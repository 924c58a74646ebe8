import { useRoute } from "preact-iso/router";
import { view } from "../app-state.ts";
import { paths } from "../router/paths.ts";
import { t } from "../texts/texts.ts";
import { Icon } from "../ui/icon.tsx";
import { Line } from "../ui/line.tsx";
import { Screen } from "../ui/screen.tsx";
import { useSettling } from "../ui/settling.ts";
import { ItemWords, itemHref } from "./item-words.tsx";
import { Missing } from "./missing.tsx";

export function CourseFinished() {
  const { params } = useRoute();
  const onward = useSettling<HTMLAnchorElement>("finished");
  const course = view.value.courses.find((one) => one.entry.slug === params.slug);
  if (!course) return <Missing />;
  const programme = view.value.programmes.find((one) => one.items.some((item) => item.itemId === course.entry.item_id));
  const isSent = course.state === "done";
  return (
    <Screen
      title={t("finished.title")}
      back={{ href: paths.course(course.entry.slug), name: t("back.course") }}
      tabs={false}
      above={<Stamp />}
      below={<p class="lead quiet">{t("finished.body", { course: course.title })}</p>}
      foot={
        <a class="button button-main button-wide" href={paths.today} ref={onward}>
          {t("finished.to_today")}
        </a>
      }
    >
      <p class="fact">
        <Icon name={isSent ? "tick" : "phone"} size={22} />
        <span>{t(isSent ? "finished.sent" : "finished.saved")}</span>
      </p>
      {programme && (
        <section class="section">
          <h2>{programme.title}</h2>
          <Line
            stops={programme.items.map((item) => ({
              key: item.key,
              state: item.state,
              name: item.title,
              href: itemHref(item),
              more: <ItemWords item={item} programme={programme} />,
            }))}
          />
        </section>
      )}
    </Screen>
  );
}

/** The stop that was just reached: the same mark as on the line, large, pressed once like a stamp. */
function Stamp() {
  return (
    <svg class="stamp" viewBox="0 0 96 96" width="96" height="96" aria-hidden="true" focusable="false">
      <circle cx="48" cy="48" r="44" class="stamp-rim" />
      <circle cx="48" cy="48" r="34" class="stamp-fill" />
      <path d="M33 49l10.500 10.500L64 38" class="stamp-tick" />
    </svg>
  );
}
