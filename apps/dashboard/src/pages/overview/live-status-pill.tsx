import type { ReactElement } from 'react';
import type { LiveStatus } from '../../api/live-feed.js';
import { joinClasses } from '../../ui/join-classes.js';
import styles from './live-status-pill.module.css';

const SAID: Readonly<Record<LiveStatus, { readonly text: string; readonly detail: string }>> = {
  connecting: { text: 'Connecting', detail: 'Waiting for the first live numbers' },
  live: { text: 'Live', detail: 'New numbers every second, over the last minute of all edges' },
  stale: { text: 'Stale', detail: 'No live numbers for more than 5 seconds: is metrics-aggregator running?' },
  'nats-away': {
    text: 'NATS is away',
    detail: 'admin-api cannot reach NATS; live numbers come back by themselves',
  },
  'publisher-away': {
    text: 'No live numbers',
    detail: 'metrics-aggregator is silent; live numbers come back by themselves',
  },
  offline: { text: 'Reconnecting', detail: 'The connection to admin-api broke; trying again' },
};

/** Whether what moves on this page is what happens now. */
export function LiveStatusPill({ status }: { readonly status: LiveStatus }): ReactElement {
  const { text, detail } = SAID[status];
  return (
    <span className={joinClasses(styles['pill'], styles[status])} role="status" title={detail}>
      <span className={styles['dot']} aria-hidden="true" />
      {text}
      <span className="only-read-aloud">: {detail}</span>
    </span>
  );
}
