// One screen: the top row, the heading that takes the focus after navigation, the content, and what is fixed below.
import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso/router";
import { paths } from "../router/paths.ts";
import { type TextKey, t } from "../texts/texts.ts";
import { useHeading } from "./heading.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Pill } from "./pill.tsx";
import { UpdateBanner } from "./update-banner.tsx";

interface ScreenProps {
  title: string;
  /** where the heading is not for the browser's history */
  pageTitle?: string;
  children: ComponentChildren;
  /** where "back" leads; without it the word mark stands there */
  back?: { href: string; name?: string };
  above?: ComponentChildren;
  below?: ComponentChildren;
  /** fixed below the content, above the tabs */
  foot?: ComponentChildren;
  tabs?: boolean;
  headingHidden?: boolean;
}

export function Screen(props: ScreenProps) {
  const { title, pageTitle = title, children, back, above, below, foot, tabs = true, headingHidden = false } = props;
  const { path } = useLocation();
  const heading = useHeading(pageTitle);
  return (
    <div class={`frame${tabs ? " with-tabs" : ""}`}>
      <header class="top">
        {back ? <Back {...back} /> : <WordMark />}
        <Pill />
      </header>
      <main class="screen">
        {tabs && <UpdateBanner />}
        <div class={headingHidden ? "only-heard" : "title"}>
          {above}
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {below}
        </div>
        {children}
      </main>
      {(foot || tabs) && (
        <div class="bottom">
          {foot && (
            <section class="foot" aria-label={t("onward")}>
              <div class="foot-inner">{foot}</div>
            </section>
          )}
          {tabs && <Tabs path={path} />}
        </div>
      )}
    </div>
  );
}

function Back({ href, name }: { href: string; name?: string }) {
  return (
    <a class="back" href={href}>
      <Icon name="back" />
      {name ?? t("back")}
    </a>
  );
}

export function WordMark() {
  return (
    <a class="wordmark" href={paths.today}>
      <svg width="36" height="24" viewBox="0 0 36 24" aria-hidden="true" focusable="false">
        <path d="M3 17h8c6 0 6-10 12-10h10" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" />
        <circle class="wordmark-stop" cx="17" cy="12" r="5" stroke="currentColor" stroke-width="3" />
      </svg>
      <span>{t("app.name")}</span>
    </a>
  );
}

const TABS: { href: string; name: TextKey; icon: IconName }[] = [
  { href: paths.today, name: "tab.today", icon: "today" },
  { href: paths.learn, name: "tab.learn", icon: "learn" },
  { href: paths.site, name: "tab.site", icon: "site" },
  { href: paths.me, name: "tab.me", icon: "me" },
];

function Tabs({ path }: { path: string }) {
  return (
    <nav class="tabs" aria-label={t("tab.all")}>
      <WordMark />
      {TABS.map(({ href, name, icon }) => {
        const here = href === "/" ? path === "/" : path.startsWith(href);
        return (
          <a class="tab" key={href} href={href} aria-current={here ? "page" : undefined}>
            <span class="tab-icon">
              <Icon name={icon} />
            </span>
            <span>{t(name)}</span>
          </a>
        );
      })}
    </nav>
  );
}
