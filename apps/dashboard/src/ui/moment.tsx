import type { ReactElement } from 'react';
import { formatUtc, localTime } from '../format/times.js';

/** A time in the zone of whoever looks; UTC on hover. `iso` is ISO 8601. */
export function Moment({
  iso,
  as = 'full',
  className,
}: {
  readonly iso: string;
  readonly as?: keyof typeof localTime;
  readonly className?: string | undefined;
}): ReactElement {
  const at = new Date(iso);
  return (
    <time dateTime={iso} title={formatUtc(at)} className={className}>
      {localTime[as](at)}
    </time>
  );
}
