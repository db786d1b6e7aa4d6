import type { RequestDetail, TokenCounts } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { formatUsdExact } from '../../format/money.js';
import { formatCount } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import styles from './request-detail.module.css';

/** `part`: already counted in the row above it. */
const ROWS: readonly {
  readonly name: keyof TokenCounts;
  readonly text: string;
  readonly kind: 'sum' | 'part';
}[] = [
  { name: 'input', text: 'Input', kind: 'sum' },
  { name: 'cachedInput', text: 'of it read from the provider’s cache', kind: 'part' },
  { name: 'cacheWrite', text: 'written to the provider’s cache', kind: 'part' },
  { name: 'output', text: 'Output', kind: 'sum' },
  { name: 'reasoning', text: 'of it reasoning', kind: 'part' },
  { name: 'audio', text: 'audio', kind: 'part' },
  { name: 'image', text: 'images', kind: 'part' },
];

/** Tokens by kind, and what all attempts cost together. */
export function TokensCard({ request }: { readonly request: RequestDetail }): ReactElement {
  const rows = ROWS.filter(({ name, kind }) => kind === 'sum' || request.tokens[name] > 0);
  return (
    <Card title="Tokens and cost">
      <table className={styles['tokens']}>
        <tbody>
          {rows.map(({ name, text, kind }) => (
            <tr key={name} className={styles[kind]}>
              <th scope="row">{text}</th>
              <td>{formatCount(request.tokens[name])}</td>
            </tr>
          ))}
          <tr className={styles['sum']}>
            <th scope="row">Cost of all attempts</th>
            <td>{formatUsdExact(request.costUsdNanos)}</td>
          </tr>
        </tbody>
      </table>
    </Card>
  );
}
