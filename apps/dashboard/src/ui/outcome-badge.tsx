import type { RequestOutcome } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { Badge, type BadgeTone } from './badge.js';

/** The colour of each outcome, everywhere. */
const TONES: Readonly<Record<RequestOutcome, BadgeTone>> = {
  succeeded: 'good',
  cached: 'info',
  failed: 'bad',
  rejected: 'warn',
  cancelled: 'calm',
  unknown: 'bad',
};

/** How a request ended, with the status the client saw. */
export function OutcomeBadge({
  outcome,
  status,
  isQuiet = false,
}: {
  readonly outcome: RequestOutcome;
  readonly status?: number | null;
  /** In lists: what went well steps back. */
  readonly isQuiet?: boolean;
}): ReactElement {
  return (
    <Badge tone={isQuiet && outcome === 'succeeded' ? 'plain' : TONES[outcome]}>
      {outcome}
      {status !== undefined && status !== null && status !== 200 && <span> {status}</span>}
    </Badge>
  );
}
