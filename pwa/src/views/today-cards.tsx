import { view } from "../app-state.ts";
import { unpassed } from "../model/course.ts";
import type { DepartureView, ItemView, ProgrammeView, View } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, list, t } from "../texts/texts.ts";
import { asSentence, due, span } from "../texts/times.ts";
import { Icon } from "../ui/icon.tsx";
import { now } from "../ui/now.ts";
import { Picture } from "../ui/picture.tsx";
import { Ready } from "../ui/ready.tsx";
import { Status } from "../ui/status.tsx";
import { itemHref, quizResult } from "./item-words.tsx";

type Next = NonNullable<View["next"]>;
const MOST_DUE = 3;

/** The one thing to do next: why, what, how long, and the button. */
export function NextCard({ next }: { next: Next }) {
  const { course, stepKey, why } = next;
  const at = course.steps.find((one) => one.step.key === stepKey);
  const step = at?.step;
  const result = at && unpassed(at);
  const picture = course.document?.picture?.medium.url ?? course.entry.picture;
  const minutes = why === "curious" ? (step?.minutes ?? course.entry.minutes) : course.minutesLeft;
  return (
    <section class="card next" aria-labelledby="next-title">
      {picture && <Picture class="picture card-picture" src={picture} alt="" width={640} height={360} />}
      <div class="next-text">
        <p class="label">{t(`today.next.${course.begun ? "begun" : why}`)}</p>
        <h2 id="next-title">{course.title}</h2>
        {step && <p>{step.title}</p>}
        {result && <p class="label">{quizResult(result)}</p>}
        <p class="label facts">
          <span class="fact">
            <Icon name="clock" size={18} />
            {t(course.begun ? "course.left_minutes" : "minutes", { count: minutes })}
          </span>
          <NextDue courseId={course.entry.item_id} />
        </p>
      </div>
      <Ready source={course.source} />
      <a
        class="button button-main button-wide"
        href={stepKey === null ? paths.course(course.entry.slug) : paths.step(course.entry.slug, stepKey)}
      >
        {t(course.begun ? "today.continue" : "today.start")}
      </a>
    </section>
  );
}

function NextDue({ courseId }: { courseId: string }) {
  const item = view.value.programmes.flatMap((one) => one.items).find((one) => one.itemId === courseId);
  if (!item?.dueOn || item.completedAt) return null;
  const words = due(item.dueOn, view.value.today, language.value);
  if (item.state !== "late") return <Status state="soon" words={words} />;
  return (
    <>
      <Status state="late" />
      <span>{words}</span>
    </>
  );
}

export function TourCard({ tour }: { tour: DepartureView }) {
  const { departure } = tour;
  const facts = [
    {
      icon: "clock" as const,
      words: asSentence(span(departure.starts_at, departure.ends_at, now.value, language.value)),
    },
    { icon: "site" as const, words: tour.meetingPlace },
    {
      icon: "people" as const,
      words:
        departure.part === "guide"
          ? t("today.you_guide")
          : t("today.guided_by", { names: list(departure.guides), count: departure.guides.length }),
    },
  ];
  return (
    <section class="card tour-card" aria-labelledby="tour-title">
      <div>
        <p class="label">{t(tour.document?.activity_kind === "meeting" ? "today.meeting" : "today.tour")}</p>
        <h2 id="tour-title">{tour.title}</h2>
      </div>
      {departure.is_cancelled && <Status state="late" words={t("today.cancelled")} />}
      <ul class="tour-facts">
        {facts.map((fact) => (
          <li key={fact.icon} class="fact">
            <Icon name={fact.icon} size={20} />
            <span>{fact.words}</span>
          </li>
        ))}
      </ul>
      <Ready source={tour.source} />
      <div>
        <a class="button button-second" href={paths.departure(departure.departure_id)}>
          {t("today.open_tour")}
        </a>
      </div>
    </section>
  );
}

/** At most three, the nearest first; what the card above already shows is left out. */
export function DueList({ programmes, next }: { programmes: ProgrammeView[]; next: Next | null }) {
  const items = programmes
    .flatMap((programme) => programme.items)
    .filter((item) => isDue(item) && item.itemId !== next?.course.entry.item_id)
    .sort((a, b) => (a.dueOn ?? "").localeCompare(b.dueOn ?? ""))
    .slice(0, MOST_DUE);
  if (items.length === 0) return null;
  return (
    <section class="section">
      <h2>{t("today.due")}</h2>
      <ul class="rows">
        {items.map((item) => (
          <DueRow key={item.key} item={item} />
        ))}
      </ul>
    </section>
  );
}

function isDue(item: ItemView): boolean {
  return item.dueOn !== null && (item.state === "late" || item.state === "soon");
}

function DueRow({ item }: { item: ItemView }) {
  const words = item.dueOn ? due(item.dueOn, view.value.today, language.value) : "";
  return (
    <li>
      <a class="row" href={itemHref(item) ?? paths.today}>
        <span class="row-text">
          <span class="row-name">{item.title}</span>
          <span class="stop-more">
            <Status state={item.state} {...(item.state === "soon" ? { words } : {})} />
            {item.state === "late" && <span>{words}</span>}
          </span>
        </span>
        <Icon name="forward" />
      </a>
    </li>
  );
}
