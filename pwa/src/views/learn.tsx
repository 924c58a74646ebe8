// The catalogue, and two ways of looking at less of it.
import { useRoute } from "preact-iso/router";
import { downloads, view } from "../app-state.ts";
import type { CourseView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Screen } from "../ui/screen.tsx";
import { CourseRow } from "./course-row.tsx";

type Show = "catalogue" | "mine" | "downloaded";
const FILTERS: { show: Show; href: string; name: TextKey }[] = [
  { show: "catalogue", href: paths.learn, name: "learn.catalogue" },
  { show: "mine", href: paths.learnShowing("mine"), name: "learn.mine" },
  { show: "downloaded", href: paths.learnShowing("downloaded"), name: "learn.downloaded" },
];

export function Learn() {
  const { query } = useRoute();
  const wanted = query.show;
  const show: Show = wanted === "mine" || wanted === "downloaded" ? wanted : "catalogue";
  const courses = view.value.courses.filter((course) => belongs(course, show));
  return (
    <Screen title={t("learn.title")}>
      <nav class="filters" aria-label={t("learn.filters")}>
        {FILTERS.map((filter) => (
          <a
            class="filter"
            key={filter.show}
            href={filter.href}
            aria-current={filter.show === show ? "true" : undefined}
          >
            {t(filter.name)}
          </a>
        ))}
      </nav>
      {courses.length === 0 ? <NothingHere show={show} /> : <Courses courses={courses} />}
    </Screen>
  );
}

function belongs(course: CourseView, show: Show): boolean {
  switch (show) {
    case "catalogue":
      return course.offered;
    case "mine":
      return course.assigned || course.chosen || course.begun;
    case "downloaded": {
      const state = course.source && downloads.value[course.source.hash]?.state;
      return state === "ready" || state === "ready_text" || state === "waiting_for_wifi";
    }
    default:
      return show satisfies never;
  }
}

function Courses({ courses }: { courses: CourseView[] }) {
  return (
    <ul class="rows course-rows">
      {courses.map((course) => (
        <CourseRow key={course.entry.item_id} course={course} says={standing(course)} />
      ))}
    </ul>
  );
}

function standing(course: CourseView): string | null {
  if (course.assigned) return t("learn.assigned");
  if (course.chosen) return t("learn.chosen");
  return course.entry.is_open ? t("learn.open_course") : null;
}

function NothingHere({ show }: { show: Show }) {
  return (
    <Empty
      picture={show === "downloaded" ? "quay" : "islands"}
      title={t(`learn.empty.${show}.title`)}
      body={t(`learn.empty.${show}.body`)}
    >
      {show !== "catalogue" && (
        <a class="button button-second" href={paths.learn}>
          {t("learn.to_catalogue")}
        </a>
      )}
    </Empty>
  );
}
