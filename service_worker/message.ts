// What a push carries: the shape of Declarative Web Push, so that an engine that knows it shows the same without us.
// Nothing in it is taken on trust: what cannot be read is passed over, and an address leads to this app or nowhere.
import { isOwnPath } from "../pwa/src/model/reminders.ts";

export interface PushMessage {
  title: string | null;
  body: string | null;
  language: string | null;
  tag: string | null;
  silent: boolean;
  /** a screen of the app */
  path: string;
  reminderId: string | null;
}
const REMINDER = /^\/reminders\/([0-9a-f-]{36})$/;

export function readMessage(text: string | null, origin: string): PushMessage {
  const { title, body, lang, tag, silent, navigate } = notificationIn(text);
  const path = pathIn(navigate, origin);
  return {
    title: stringIn(title),
    body: stringIn(body),
    language: stringIn(lang),
    tag: stringIn(tag),
    silent: silent === true,
    path,
    reminderId: REMINDER.exec(path)?.[1] ?? null,
  };
}

function notificationIn(text: string | null): Record<string, unknown> {
  try {
    const message: unknown = JSON.parse(text ?? "");
    const notification = (message as { notification?: unknown } | null)?.notification;
    return typeof notification === "object" && notification !== null ? { ...notification } : {};
  } catch {
    return {};
  }
}

function stringIn(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Its host may be another name of the same server; the path is what counts. */
function pathIn(navigate: unknown, origin: string): string {
  try {
    const { pathname, search } = new URL(String(navigate ?? "/"), origin);
    return isOwnPath(pathname) ? pathname + search : "/";
  } catch {
    return "/";
  }
}
