import type { RequestDetail } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { formatMs } from '../../format/durations.js';
import { formatShare } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { joinClasses } from '../../ui/join-classes.js';
import { planTiming } from './plan-timing.js';
import page from './request-detail.module.css';
import styles from './timing-card.module.css';

/** Where the time went. */
export function TimingCard({ request }: { readonly request: RequestDetail }): ReactElement {
  const parts = planTiming(request);
  const { totalMs } = request.timing;
  return (
    <Card title="Timing">
      <div className={styles['bar']} aria-hidden="true">
        {parts.map(({ name, ms }) => (
          <span key={name} className={styles[name]} style={{ flexGrow: ms }} />
        ))}
      </div>
      <table className={page['tokens']}>
        <tbody>
          {parts.map(({ name, text, ms }) => (
            <tr key={name}>
              <th scope="row">
                <span className={joinClasses(styles['dot'], styles[name])} aria-hidden="true" />
                {text}
              </th>
              <td className={styles['share']}>{formatShare(ms, totalMs)}</td>
              <td>{formatMs(ms)}</td>
            </tr>
          ))}
          <tr className={page['sum']}>
            <th scope="row">Duration</th>
            <td />
            <td>{formatMs(totalMs)}</td>
          </tr>
        </tbody>
      </table>
    </Card>
  );
}
