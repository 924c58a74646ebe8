import { downloads } from "../app-state.ts";
import type { CourseView } from "../model/view.ts";
import { paths } from "../router/paths.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { Icon } from "../ui/icon.tsx";
import { Picture } from "../ui/picture.tsx";
import { DeliveryStatus, Status } from "../ui/status.tsx";
import { courseFacts } from "./item-words.tsx";

/** A course in a list: picture, name, how long, where it stands, and whether it is on this phone. */
export function CourseRow({ course, says }: { course: CourseView; says?: string | null }) {
  const picture = course.document?.picture?.medium.url ?? course.entry.picture;
  const download = course.source && downloads.value[course.source.hash]?.state;
  const here: TextKey | null =
    download === "ready"
      ? "learn.downloaded"
      : download === "ready_text" || download === "waiting_for_wifi"
        ? "learn.downloaded_text"
        : null;
  return (
    <li>
      <a class="row" href={paths.course(course.entry.slug)}>
        {picture ? (
          <Picture
            class="row-picture"
            src={picture}
            alt=""
            width={88}
            height={66}
            loading="lazy"
            otherwise={<span class="row-picture" />}
          />
        ) : (
          <span class="row-picture" />
        )}
        <span class="row-text">
          <span class="row-name">{course.title}</span>
          <span class="label">{[courseFacts(course), says].filter(Boolean).join(" · ")}</span>
          <span class="stop-more">
            {course.state !== "open" && (
              <Status state={course.state} {...(course.state === "now" ? { words: t("state.begun") } : {})} />
            )}
            <DeliveryStatus delivery={course.delivery} />
            {here && (
              <span class="fact">
                <Icon name="phone" size={16} />
                {t(here)}
              </span>
            )}
          </span>
        </span>
        <Icon name="forward" />
      </a>
    </li>
  );
}
