// Times stand in the zone of whoever looks; UTC is a hover away. Always 24 hours, always English names.
type Zone = string | undefined;

/** What a time is written in; `zone` is an IANA name, the browser's own when absent. */
export interface TimeFormat {
  /** `14:03:22` */
  readonly clock: (at: Date) => string;
  /** `14:03:22.123` */
  readonly clockMs: (at: Date) => string;
  /** `Nov 23` */
  readonly day: (at: Date) => string;
  /** `Nov 23, 14:03` */
  readonly minute: (at: Date) => string;
  /** `Mon, Nov 23, 2026, 14:03:22.123` */
  readonly full: (at: Date) => string;
}

/** @throws RangeError for a zone that does not exist. */
export function timeFormatOf(zone: Zone): TimeFormat {
  const format = (options: Intl.DateTimeFormatOptions): ((at: Date) => string) => {
    const formatter = new Intl.DateTimeFormat('en-US', { hourCycle: 'h23', timeZone: zone, ...options });
    return (at) => formatter.format(at);
  };
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
  return {
    clock: format(clock),
    clockMs: format({ ...clock, fractionalSecondDigits: 3 }),
    day: format({ month: 'short', day: 'numeric' }),
    minute: format({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }),
    full: format({
      weekday: 'short',
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      ...clock,
      fractionalSecondDigits: 3,
    }),
  };
}

/** In the browser's zone. */
export const localTime: TimeFormat = timeFormatOf(undefined);

/** `2026-11-23 14:03:22.123 UTC`. */
export function formatUtc(at: Date): string {
  return `${at.toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}
