// The rooms behind Today: a part of their own, so that the first load carries only what Today needs. The worker
// keeps the file with the shell, and main asks for it as soon as Today stands, so no room waits for the network.
import "../texts/later.ts";

export { beginReminding } from "../reminder-state.ts";
export { beginSealing } from "../sealed-state.ts";
export { CheckIn } from "./check-in.tsx";
export { Course } from "./course.tsx";
export { CourseFinished } from "./course-finished.tsx";
export { Departure } from "./departure.tsx";
export { Devices } from "./devices.tsx";
export { Install } from "./install.tsx";
export { HandedOver, InstallOnIphone } from "./install-iphone.tsx";
export { Learn } from "./learn.tsx";
export { MailAddress } from "./mail-address.tsx";
export { Me } from "./me.tsx";
export { OpenReminder } from "./open-reminder.tsx";
export { Privacy } from "./privacy.tsx";
export { Receipts } from "./receipts.tsx";
export { RemindMe } from "./remind-me.tsx";
export { ReminderNews } from "./reminder-news.tsx";
export { ReminderSettings } from "./reminder-settings.tsx";
export { Reminders } from "./reminders.tsx";
export { SealedNote } from "./sealed-note.tsx";
export { SignInWithCode } from "./sign-in-code.tsx";
export { SignInFromTab } from "./sign-in-handover.tsx";
export { Site } from "./site.tsx";
export { Step } from "./step.tsx";
export { Storage } from "./storage.tsx";
export { TourStop } from "./tour-stop.tsx";
