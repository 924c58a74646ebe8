// Every address of the app, in one place.
const seg = encodeURIComponent;

export const paths = {
  today: "/",
  learn: "/learn",
  learnShowing: (show: "mine" | "downloaded") => `/learn?show=${show}`,
  course: (slug: string) => `/learn/${seg(slug)}`,
  step: (slug: string, stepKey: string) => `/learn/${seg(slug)}/steps/${seg(stepKey)}`,
  finished: (slug: string) => `/learn/${seg(slug)}/finished`,
  site: "/site",
  departure: (id: string) => `/site/${seg(id)}`,
  stop: (id: string, stopKey: string) => `/site/${seg(id)}/stops/${seg(stopKey)}`,
  checkIn: (id: string, stopKey: string) => `/site/${seg(id)}/stops/${seg(stopKey)}/check-in`,
  me: "/me",
  receipts: "/me/receipts",
  storage: "/me/storage",
  reminders: "/me/reminders",
  reminderSettings: "/me/reminders/settings",
  mailAddress: "/me/reminders/mail",
  reminder: (id: string) => `/reminders/${seg(id)}`,
  devices: "/me/devices",
  privacy: "/me/privacy",
  install: "/me/install",
  signIn: "/sign-in",
  signInCode: "/sign-in/code",
  signInContinue: "/sign-in/continue",
  office: "/office/",
} as const;

/** What the router takes over; the office and the interfaces of the server are left to the browser. */
export const OWN_PATHS = /^(?!\/(office|scim|api|static|content|media)(\/|$))/;
