// The first room: what is next, the tour, what is due, and the programme's line.
import { connection, view } from "../app-state.ts";
import type { ProgrammeView, View } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { language, t } from "../texts/texts.ts";
import { wholeDate } from "../texts/times.ts";
import { Banner } from "../ui/banner.tsx";
import { Empty } from "../ui/empty.tsx";
import { Line } from "../ui/line.tsx";
import { Screen } from "../ui/screen.tsx";
import { CourseRow } from "./course-row.tsx";
import { InstallHint } from "./install-hint.tsx";
import { ItemWords, itemHref } from "./item-words.tsx";
import { loadedRooms } from "./later.ts";
import { DueList, NextCard, TourCard } from "./today-cards.tsx";

export function Today() {
  const now = view.value;
  const isFirstTime = now.courses.length === 0 && now.programmes.length === 0;
  return (
    <Screen title={wholeDate(now.today, language.value)}>
      {isFirstTime ? <FirstTime now={now} /> : <Ready now={now} />}
    </Screen>
  );
}

function FirstTime({ now }: { now: View }) {
  const offline = connection.value === "offline";
  const name = now.self?.name.split(" ")[0] ?? "";
  return (
    <>
      <Empty
        picture="bus"
        title={name ? t("today.first.title", { name }) : t("today.first.nameless")}
        body={t(offline ? "today.first.offline" : "today.first.body")}
      />
      {!offline && (
        <div class="section" aria-hidden="true">
          <div class="bone bone-line" />
          <div class="bone bone-line bone-short" />
          <div class="bone bone-line" />
        </div>
      )}
    </>
  );
}

function Ready({ now }: { now: View }) {
  const begun = now.courses.filter((course) => course.begun && !course.completedAt && course !== now.next?.course);
  const hasDue = now.next?.why === "due";
  const newest = now.newest.filter((course) => course !== now.next?.course);
  const Later = loadedRooms.value;
  // On the day of the tour nothing comes before it while it goes on.
  const isTouring = now.tour?.when === "now";
  return (
    <div class="columns">
      <div class="column">
        {Later && <Later.ReminderNews />}
        <InstallHint />
        {now.tour && isTouring && <TourCard tour={now.tour} />}
        {now.next ? <NextCard next={now.next} /> : <NothingNext />}
        {now.tour && !isTouring && <TourCard tour={now.tour} />}
        {Later && <Later.RemindMe />}
        <DueList programmes={now.programmes} next={now.next} />
        {!hasDue && begun.length > 0 && <Shelf title={t("today.begun")} courses={begun.slice(0, 2)} />}
        {!hasDue && newest.length > 0 && <Shelf title={t("today.newest")} courses={newest.slice(0, 2)} />}
      </div>
      <div class="column">
        {now.programmes.map((programme) => (
          <ProgrammeLine key={programme.programme.programme_id} programme={programme} />
        ))}
      </div>
    </div>
  );
}

function NothingNext() {
  return (
    <Empty picture="islands" title={t("today.nothing.title")} body={t("today.nothing.body")}>
      <a class="button button-second" href={paths.learn}>
        {t("today.browse")}
      </a>
    </Empty>
  );
}

function Shelf({ title, courses }: { title: string; courses: View["courses"] }) {
  return (
    <section class="section">
      <h2>{title}</h2>
      <ul class="rows">
        {courses.map((course) => (
          <CourseRow key={course.entry.item_id} course={course} />
        ))}
      </ul>
    </section>
  );
}

function ProgrammeLine({ programme }: { programme: ProgrammeView }) {
  return (
    <section class="section">
      <div>
        <h2>{programme.title}</h2>
        <p class="quiet">{t("steps.done", { done: programme.done, of: programme.items.length })}</p>
      </div>
      {programme.completedAt && (
        <Banner tone="done">
          <p>{t("today.all_done")}</p>
        </Banner>
      )}
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
  );
}
