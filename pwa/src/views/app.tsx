// Which room is open. The phase decides first, then the address.

import { useEffect } from "preact/hooks";
import { LocationProvider, Route, Router, useLocation } from "preact-iso/router";
import { phase } from "../app-state.ts";
import { OWN_PATHS } from "../router/paths.ts";
import { pathToResume, rememberPath } from "../router/resume.ts";
import { language } from "../texts/texts.ts";
import { homeScreenFirst, tabChoice } from "../ui/install-state.ts";
import { PillAnnouncement } from "../ui/pill.tsx";
import { CheckIn } from "./check-in.tsx";
import { Course } from "./course.tsx";
import { CourseFinished } from "./course-finished.tsx";
import { Departure } from "./departure.tsx";
import { Install } from "./install.tsx";
import { HandedOver, InstallOnIphone } from "./install-iphone.tsx";
import { Learn } from "./learn.tsx";
import { Me } from "./me.tsx";
import { Missing } from "./missing.tsx";
import { Privacy } from "./privacy.tsx";
import { Receipts } from "./receipts.tsx";
import { SignIn } from "./sign-in.tsx";
import { SignInWithCode } from "./sign-in-code.tsx";
import { SignInFromTab } from "./sign-in-handover.tsx";
import { Site } from "./site.tsx";
import { Starting } from "./starting.tsx";
import { Step } from "./step.tsx";
import { Storage } from "./storage.tsx";
import { StorageBroken } from "./storage-broken.tsx";
import { Today } from "./today.tsx";
import { TourStop } from "./tour-stop.tsx";

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
  return (
    <Router>
      <Route path="/sign-in/code" component={SignInWithCode} />
      <Route path="/sign-in/continue" component={SignInFromTab} />
      <Route default component={SignIn} />
    </Router>
  );
}

let isColdStart = true;

function SignedInRooms() {
  const { path, url, route } = useLocation();
  useEffect(() => {
    const resumed = isColdStart && url === "/" ? pathToResume(Date.now()) : null;
    isColdStart = false;
    if (resumed) route(resumed, true);
    else rememberPath(path, Date.now());
  }, [path]);

  if (tabChoice.value === "handed_over") return <HandedOver />;
  if (homeScreenFirst.value) return <InstallOnIphone />;
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
