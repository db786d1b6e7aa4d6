import { type AttemptDecision, attemptErrorMeaning, type RequestDetail } from '@sluice/contracts';
import type { ReactElement, ReactNode } from 'react';
import { formatMs, formatMsTick } from '../../format/durations.js';
import { formatUsdExact } from '../../format/money.js';
import { formatCount, NO_VALUE } from '../../format/numbers.js';
import { Badge, type BadgeTone } from '../../ui/badge.js';
import { Card } from '../../ui/card.js';
import { joinClasses } from '../../ui/join-classes.js';
import { EmptyState } from '../../ui/states.js';
import styles from './attempts-card.module.css';
import { planWaterfall, type Waterfall, type WaterfallRow } from './plan-waterfall.js';

const DECISIONS: Readonly<Record<AttemptDecision, { readonly text: string; readonly tone: BadgeTone }>> = {
  served: { text: 'served', tone: 'good' },
  retry: { text: 'failed, tried again', tone: 'warn' },
  next_route: { text: 'failed, next route', tone: 'warn' },
  give_up: { text: 'failed, gave up', tone: 'bad' },
  cancelled: { text: 'cancelled', tone: 'calm' },
  unknown: { text: 'outcome unknown', tone: 'bad' },
};

/** Every upstream call on one axis of time, with what came of it. */
export function AttemptsCard({ request }: { readonly request: RequestDetail }): ReactElement {
  if (request.attempts.length === 0) {
    return (
      <Card title="Attempts">
        <EmptyState title="No provider was called">{whyNobody(request)}</EmptyState>
      </Card>
    );
  }
  const waterfall = planWaterfall(request);
  return (
    <Card title="Attempts" aside={<Legend waterfall={waterfall} request={request} />} isFlush>
      <div className={styles['grid']}>
        <Axis waterfall={waterfall} />
        <ol className={styles['rows']}>
          {waterfall.rows.map((row) => (
            <AttemptRow key={row.attempt.attemptId} row={row} waterfall={waterfall} />
          ))}
        </ol>
      </div>
    </Card>
  );
}

function AttemptRow({
  row,
  waterfall,
}: {
  readonly row: WaterfallRow;
  readonly waterfall: Waterfall;
}): ReactElement {
  const { attempt, number } = row;
  const decision = DECISIONS[attempt.decision];
  const isLast = number === waterfall.rows.length;
  return (
    <li className={styles['row']}>
      <div className={styles['head']}>
        <span className={styles['number']} aria-hidden="true">
          {number}
        </span>
        <div className={styles['who']}>
          <span className={styles['provider']}>{attempt.provider}</span>
          <span className={styles['model']}>{attempt.providerModel}</span>
        </div>
      </div>
      <div className={styles['track']} aria-hidden="true">
        {number === 1 && waterfall.queue !== null && <Bar bar={waterfall.queue} look="queue" />}
        <Bar bar={row} look={decision.tone} />
        {isLast && waterfall.firstTokenPercent !== null && (
          <span
            className={styles['firstToken']}
            style={{ left: `${String(waterfall.firstTokenPercent)}%` }}
          />
        )}
      </div>
      <dl className={styles['facts']}>
        <Fact name="Decision">
          <Badge tone={decision.tone}>{decision.text}</Badge>
        </Fact>
        <Fact name="Status">{attempt.status === null ? 'none' : String(attempt.status)}</Fact>
        {attempt.errorCode !== null && (
          <Fact name="Error">
            <code className={styles['error']}>{attempt.errorCode}</code>
          </Fact>
        )}
        <Fact name="Started">{`+${formatMs(attempt.startedMs)}`}</Fact>
        <Fact name="Took">{formatMs(attempt.durationMs)}</Fact>
        <Fact name="Tokens">
          {attempt.usage === 'none'
            ? NO_VALUE
            : `${formatCount(attempt.tokens.input)} in, ${formatCount(attempt.tokens.output)} out`}
          {attempt.usage === 'estimated' && ' (estimated)'}
        </Fact>
        <Fact name="Cost">{formatUsdExact(attempt.costUsdNanos)}</Fact>
      </dl>
      <ErrorMeaning code={attempt.errorCode} />
    </li>
  );
}

/** The code in words; nothing for one that this version does not know. */
function ErrorMeaning({ code }: { readonly code: string | null }): ReactElement | null {
  const meaning = code === null ? null : attemptErrorMeaning(code);
  return meaning === null ? null : <p className={styles['meaning']}>{meaning}</p>;
}

function Bar({
  bar,
  look,
}: {
  readonly bar: { readonly startPercent: number; readonly widthPercent: number };
  readonly look: BadgeTone | 'queue';
}): ReactElement {
  return (
    <span
      className={joinClasses(styles['bar'], styles[look])}
      style={{ left: `${String(bar.startPercent)}%`, width: `${String(bar.widthPercent)}%` }}
    />
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className={styles['fact']}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Axis({ waterfall }: { readonly waterfall: Waterfall }): ReactElement {
  return (
    <div className={styles['axis']} aria-hidden="true">
      {waterfall.ticks.map(({ ms, percent }) => (
        <span key={ms} className={styles['tick']} style={{ left: `${String(percent)}%` }}>
          {ms === 0 ? '0' : formatMsTick(ms)}
        </span>
      ))}
    </div>
  );
}

function Legend({
  waterfall,
  request,
}: {
  readonly waterfall: Waterfall;
  readonly request: RequestDetail;
}): ReactElement {
  return (
    <ul className={styles['legend']}>
      {waterfall.queue !== null && (
        <li>
          <span className={joinClasses(styles['swatch'], styles['queue'])} />
          queued {formatMs(request.timing.queueMs)}
        </li>
      )}
      {waterfall.firstTokenPercent !== null && (
        <li>
          <span className={styles['swatchLine']} />
          first token {formatMs(request.timing.firstTokenMs)}
        </li>
      )}
    </ul>
  );
}

function whyNobody({ outcome, cache }: RequestDetail): string {
  if (cache === 'hit') return 'The answer came from the cache.';
  if (outcome === 'rejected') return 'Sluice turned the request away before it chose a provider.';
  return 'The request ended before a provider was chosen, or shared the answer of another one.';
}
