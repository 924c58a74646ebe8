// The rooms behind Today: a part of their own, so that the first load carries only what Today needs. The worker
// keeps the file with the shell, and main asks for it as soon as Today stands, so no room waits for the network.
export { CheckIn } from "./check-in.tsx";
export { Course } from "./course.tsx";
export { CourseFinished } from "./course-finished.tsx";
export { Departure } from "./departure.tsx";
export { Install } from "./install.tsx";
export { HandedOver, InstallOnIphone } from "./install-iphone.tsx";
export { Learn } from "./learn.tsx";
export { Me } from "./me.tsx";
export { Privacy } from "./privacy.tsx";
export { Receipts } from "./receipts.tsx";
export { SignInWithCode } from "./sign-in-code.tsx";
export { SignInFromTab } from "./sign-in-handover.tsx";
export { Site } from "./site.tsx";
export { Step } from "./step.tsx";
export { Storage } from "./storage.tsx";
export { TourStop } from "./tour-stop.tsx";
