// Dates are days of the organisation's zone; instants are UTC with milliseconds, as on the wire.
/** until the server has said which */
export const ZONE = "Europe/Stockholm";

const days = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = days.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    days.set(zone, format);
  }
  return format;
}

/** The zone that was told, where this phone knows it: names change, and an old phone must not fall over a new one. */
export function knownZone(told: string | undefined): string {
  try {
    formatOf(told ?? ZONE);
    return told ?? ZONE;
  } catch {
    return ZONE;
  }
}

export function dateIn(zone: string, atMs: number): string {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** Whole days from one date to another; negative where the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

export function dayAfter(date: string): string {
  return instant(Date.parse(`${date}T00:00:00Z`) + 86_400_000).slice(0, 10);
}

export function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}
