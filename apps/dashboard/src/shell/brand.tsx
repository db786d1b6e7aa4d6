import type { ReactElement } from 'react';
import styles from './brand.module.css';

/** The mark and the name. */
export function Brand(): ReactElement {
  return (
    <span className={styles['brand']}>
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" className={styles['plate']} />
        <path
          d="M7 11.5c3 0 3 2 6 2s3-2 6-2 3 2 6 2M7 17.5c3 0 3 2 6 2s3-2 6-2 3 2 6 2"
          className={styles['waves']}
        />
      </svg>
      Sluice
    </span>
  );
}
