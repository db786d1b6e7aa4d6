import type { ReactElement } from 'react';
import { Badge } from '../../ui/badge.js';
import { Card } from '../../ui/card.js';
import styles from './request-detail.module.css';

/** What the client was told went wrong; secrets in it are masked before they are stored. */
export function ErrorCard({
  code,
  message,
}: {
  readonly code: string;
  readonly message: string | null;
}): ReactElement {
  return (
    <Card title="Error" aside={<Badge tone="bad">{code}</Badge>}>
      {message !== null && <pre className={styles['errorMessage']}>{message}</pre>}
    </Card>
  );
}
