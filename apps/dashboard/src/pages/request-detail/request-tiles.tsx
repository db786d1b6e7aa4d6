import type { RequestDetail } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { formatMs } from '../../format/durations.js';
import { formatUsdExact } from '../../format/money.js';
import { formatCount, NO_VALUE } from '../../format/numbers.js';
import styles from './request-detail.module.css';

/** Where the price that was used comes from. */
const PRICE_SOURCES: Readonly<Record<RequestDetail['priceSource'], string>> = {
  config: 'price from the config',
  catalogue: 'price from the catalogue',
  provider: 'as the provider says',
  none: 'no price known',
};

/** The request in five numbers. */
export function RequestTiles({ request }: { readonly request: RequestDetail }): ReactElement {
  const { tokens, timing, attempts } = request;
  return (
    <dl className={styles['tiles']}>
      <Tile
        label="Duration"
        value={formatMs(timing.totalMs)}
        note={`${formatMs(timing.overheadMs)} of it Sluice's own`}
      />
      <Tile
        label="First token"
        value={formatMs(timing.firstTokenMs)}
        note={request.stream ? 'streamed' : 'not streamed'}
      />
      <Tile
        label="Tokens"
        value={formatCount(tokens.input + tokens.output)}
        note={`${formatCount(tokens.input)} in · ${formatCount(tokens.output)} out`}
      />
      <Tile
        label="Cost"
        value={formatUsdExact(request.costUsdNanos)}
        note={PRICE_SOURCES[request.priceSource]}
      />
      <Tile
        label="Attempts"
        value={formatCount(attempts.length)}
        note={
          request.provider === null
            ? NO_VALUE
            : `${request.outcome === 'succeeded' ? 'served by' : 'last'} ${request.provider}`
        }
      />
    </dl>
  );
}

function Tile({
  label,
  value,
  note,
}: {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}): ReactElement {
  return (
    <div className={styles['tile']}>
      <dt className={styles['tileLabel']}>{label}</dt>
      <dd className={styles['tileValue']}>{value}</dd>
      <dd className={styles['tileNote']}>{note}</dd>
    </div>
  );
}
