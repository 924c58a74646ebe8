// Times as people say them. The clock comes in as an argument; dates are those of the organisation's zone.
import { type InterfaceLanguage, LOCALES, say, zone } from "./texts.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(of: InterfaceLanguage, options: Intl.DateTimeFormatOptions, at: Date, timeZone = zone.value): string {
  const key = of + timeZone + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(LOCALES[of], { timeZone, ...options });
  formats.set(key, known);
  return known.format(at);
}

/** A date is the same day in every zone. */
function formatDate(of: InterfaceLanguage, options: Intl.DateTimeFormatOptions, date: string): string {
  return format(of, options, noon(date), "UTC");
}

/** yyyy-mm-dd in the organisation's zone; sv-SE writes dates that way. */
export function dateOf(at: Date): string {
  return format("sv", { year: "numeric", month: "2-digit", day: "2-digit" }, at);
}

function noon(date: string): Date {
  return new Date(`${date}T12:00:00Z`);
}

function daysBetween(from: string, to: string): number {
  return Math.round((noon(to).getTime() - noon(from).getTime()) / 86_400_000);
}

/** 09.00 in Swedish, 09:00 in English. */
export function clockTime(at: string | Date, of: InterfaceLanguage): string {
  const text = format(of, { hour: "2-digit", minute: "2-digit" }, new Date(at));
  return of === "sv" ? text.replace(":", ".") : text;
}

function weekday(date: string, of: InterfaceLanguage): string {
  return formatDate(of, { weekday: "long" }, date);
}

/** "i morgon", "på torsdag", "i måndags", "3 december", and the year only where it is another one. */
export function dayName(date: string, today: string, of: InterfaceLanguage): string {
  const days = daysBetween(today, date);
  if (days === 0) return say(of, "time.today");
  if (days === 1) return say(of, "time.tomorrow");
  if (days === -1) return say(of, "time.yesterday");
  if (days > 1 && days < 7) return say(of, "time.on_day", { day: weekday(date, of) });
  if (days < 0 && days > -7) return say(of, "time.last_day", { day: weekday(date, of) });
  const sameYear = date.slice(0, 4) === today.slice(0, 4);
  return formatDate(of, { day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }, date);
}

/** For a time that stands alone: "I morgon 09.00". */
export function asSentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "måndag 23 november": the heading of Today. */
export function wholeDate(date: string, of: InterfaceLanguage): string {
  return asSentence(formatDate(of, { weekday: "long", day: "numeric", month: "long" }, date));
}

/** "i morgon 09.00", "på torsdag 09.00". */
export function moment(at: string, now: Date, of: InterfaceLanguage): string {
  const then = new Date(at);
  return say(of, "time.day_at", { day: dayName(dateOf(then), dateOf(now), of), time: clockTime(then, of) });
}

/** "i morgon 09.00–12.30". */
export function span(from: string, to: string, now: Date, of: InterfaceLanguage): string {
  return say(of, "time.range", { from: moment(from, now, of), to: clockTime(to, of) });
}

/** "nyss", "för 5 minuter sedan", then the day and time. */
export function ago(at: string, now: Date, of: InterfaceLanguage): string {
  const minutes = Math.round((now.getTime() - new Date(at).getTime()) / 60_000);
  if (minutes < 1) return say(of, "time.just_now");
  if (minutes >= 60) return moment(at, now, of);
  return new Intl.RelativeTimeFormat(LOCALES[of], { numeric: "always" }).format(-minutes, "minute");
}

/** Of a due date: "Senast i morgon"; of one that is over: "Skulle ha varit klar i går". */
export function due(date: string, today: string, of: InterfaceLanguage): string {
  const key = daysBetween(today, date) < 0 ? "time.was_due" : "time.due";
  return say(of, key, { day: dayName(date, today, of) });
}

/** "14 MB" as people read it; a file of a few bytes still says 1 kB, and nothing is nothing. The unit stays with its number. */
export function bytes(count: number, of: InterfaceLanguage): string {
  const kilo = count === 0 ? 0 : Math.max(1, Math.round(count / 1000));
  const [value, unit] = kilo < 1000 ? [kilo, "kB"] : kilo < 1e6 ? [kilo / 1000, "MB"] : [kilo / 1e6, "GB"];
  const digits = value < 10 && unit !== "kB" ? 1 : 0;
  return `${new Intl.NumberFormat(LOCALES[of], { maximumFractionDigits: digits }).format(value)}\u00a0${unit}`;
}

/** "400 m", "1,2 km": rounded, because nobody walks by the metre. */
export function distance(metres: number, of: InterfaceLanguage): string {
  if (metres < 950) return `${Math.max(10, Math.round(metres / 10) * 10)}\u00a0m`;
  return `${new Intl.NumberFormat(LOCALES[of], { maximumFractionDigits: 1 }).format(metres / 1000)}\u00a0km`;
}

/** m:ss of a film or sound. */
export function playTime(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
