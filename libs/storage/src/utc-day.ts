/** A calendar day in UTC, `YYYY-MM-DD`. Days compare as text. */
export type UtcDay = string;

const DAY_MS = 86_400_000;

/** The day of a moment. Throws RangeError on an invalid or five-digit date. */
export function utcDay(moment: Date | number | string): UtcDay {
  const text = new Date(moment).toISOString();
  if (text.length !== 24) throw new RangeError(`no day with four digits of year: ${text}`);
  return text.slice(0, 10);
}

/** The day so many days later (or earlier). */
export function addDays(day: UtcDay, days: number): UtcDay {
  return utcDay(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
}

/** The days from the first to the last, both included; empty when the first is after the last. */
export function daysBetween(firstDay: UtcDay, lastDay: UtcDay): UtcDay[] {
  const days: UtcDay[] = [];
  for (let day = firstDay; day <= lastDay; day = addDays(day, 1)) days.push(day);
  return days;
}
