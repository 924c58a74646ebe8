// Which room is open. The phase decides first, then the address.

import { useEffect } from "preact/hooks";
import lazy, { ErrorBoundary } from "preact-iso/lazy";
import { LocationProvider, Route, Router, useLocation } from "preact-iso/router";
import { hereAtStart, keepPath, phase, view } from "../app-state.ts";
import { OWN_PATHS } from "../router/paths.ts";
import { pathToResume } from "../router/resume.ts";
import { language } from "../texts/texts.ts";
import { homeScreenFirst, tabChoice } from "../ui/install-state.ts";
import { PillAnnouncement } from "../ui/pill.tsx";
import { loadRooms, rooms } from "./later.ts";
import { Missing } from "./missing.tsx";
import { SignIn } from "./sign-in.tsx";
import { Starting } from "./starting.tsx";
import { StorageBroken } from "./storage-broken.tsx";
import { Today } from "./today.tsx";

const CheckIn = lazy(() => rooms().then((loaded) => loaded.CheckIn));
const Course = lazy(() => rooms().then((loaded) => loaded.Course));
const CourseFinished = lazy(() => rooms().then((loaded) => loaded.CourseFinished));
const Departure = lazy(() => rooms().then((loaded) => loaded.Departure));
const Install = lazy(() => rooms().then((loaded) => loaded.Install));
const Learn = lazy(() => rooms().then((loaded) => loaded.Learn));
const MailAddress = lazy(() => rooms().then((loaded) => loaded.MailAddress));
const Me = lazy(() => rooms().then((loaded) => loaded.Me));
const Privacy = lazy(() => rooms().then((loaded) => loaded.Privacy));
const Devices = lazy(() => rooms().then((loaded) => loaded.Devices));
const OpenReminder = lazy(() => rooms().then((loaded) => loaded.OpenReminder));
const Reminders = lazy(() => rooms().then((loaded) => loaded.Reminders));
const ReminderSettings = lazy(() => rooms().then((loaded) => loaded.ReminderSettings));
const Receipts = lazy(() => rooms().then((loaded) => loaded.Receipts));
const SignInWithCode = lazy(() => rooms().then((loaded) => loaded.SignInWithCode));
const SignInFromTab = lazy(() => rooms().then((loaded) => loaded.SignInFromTab));
const Site = lazy(() => rooms().then((loaded) => loaded.Site));
const Step = lazy(() => rooms().then((loaded) => loaded.Step));
const Storage = lazy(() => rooms().then((loaded) => loaded.Storage));
const TourStop = lazy(() => rooms().then((loaded) => loaded.TourStop));
const HandedOver = lazy(() => rooms().then((loaded) => loaded.HandedOver));
const InstallOnIphone = lazy(() => rooms().then((loaded) => loaded.InstallOnIphone));

export function App() {
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, [language.value]);
  return (
    <LocationProvider scope={OWN_PATHS}>
      <Room />
    </LocationProvider>
  );
}

function Room() {
  switch (phase.value) {
    case "starting":
      return <Starting />;
    case "storage_broken":
      return <StorageBroken />;
    case "signed_out":
      return <SignedOutRooms />;
    case "ready":
      return <SignedInRooms />;
    default:
      return phase.value satisfies never;
  }
}

function SignedOutRooms() {
  // Boxes that lie sealed on this phone go up from here too.
  useEffect(() => whenIdle(() => void loadRooms()), []);
  return (
    <Router>
      <Route path="/sign-in/code" component={SignInWithCode} />
      <Route path="/sign-in/continue" component={SignInFromTab} />
      <Route default component={SignIn} />
    </Router>
  );
}

/** After the first screen: the other rooms must not slow it. */
function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: 4_000 });
  else setTimeout(act, 1_500);
}

let isColdStart = true;

function SignedInRooms() {
  const { path, url, route } = useLocation();
  const isShown = view.value.self !== null;
  useEffect(() => {
    if (isShown) whenIdle(() => void loadRooms());
  }, [isShown]);
  useEffect(() => {
    const resumed = isColdStart && url === "/" ? pathToResume(hereAtStart(), Date.now()) : null;
    isColdStart = false;
    if (resumed) route(resumed, true);
    else keepPath(path);
  }, [path]);

  if (tabChoice.value === "handed_over" || homeScreenFirst.value) {
    const Only = tabChoice.value === "handed_over" ? HandedOver : InstallOnIphone;
    return (
      <ErrorBoundary>
        <Only />
      </ErrorBoundary>
    );
  }
  return (
    <>
      <Router>
        <Route path="/" component={Today} />
        <Route path="/learn" component={Learn} />
        <Route path="/learn/:slug" component={Course} />
        <Route path="/learn/:slug/steps/:stepKey" component={Step} />
        <Route path="/learn/:slug/finished" component={CourseFinished} />
        <Route path="/site" component={Site} />
        <Route path="/site/:departureId" component={Departure} />
        <Route path="/site/:departureId/stops/:stopKey" component={TourStop} />
        <Route path="/site/:departureId/stops/:stopKey/check-in" component={CheckIn} />
        <Route path="/me" component={Me} />
        <Route path="/me/receipts" component={Receipts} />
        <Route path="/me/storage" component={Storage} />
        <Route path="/me/reminders" component={Reminders} />
        <Route path="/me/reminders/settings" component={ReminderSettings} />
        <Route path="/me/reminders/mail" component={MailAddress} />
        <Route path="/me/devices" component={Devices} />
        <Route path="/reminders/:reminderId" component={OpenReminder} />
        <Route path="/me/privacy" component={Privacy} />
        <Route path="/me/install" component={Install} />
        <Route path="/sign-in" component={SignIn} />
        <Route path="/sign-in/code" component={SignInWithCode} />
        <Route default component={Missing} />
      </Router>
      <PillAnnouncement />
    </>
  );
}
