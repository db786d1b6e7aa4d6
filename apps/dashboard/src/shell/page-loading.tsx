import type { ReactElement } from 'react';
import { Brand } from './brand.js';
import styles from './page-loading.module.css';

/** Before it is known whether somebody is signed in. */
export function PageLoading(): ReactElement {
  return (
    <div className={styles['page']} role="status">
      <Brand />
      <span className="only-read-aloud">Loading</span>
    </div>
  );
}
