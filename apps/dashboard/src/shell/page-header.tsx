import { useEffect, type ReactElement, type ReactNode } from 'react';
import styles from './page-header.module.css';

/** The page's heading, also the browser tab's title; controls stand at its end. */
export function PageHeader({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  /** Beside the title. */
  readonly children?: ReactNode;
}): ReactElement {
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  return (
    <header className={styles['header']}>
      <div className={styles['title']}>
        <h1>{title}</h1>
        {children}
      </div>
      {aside !== undefined && <div className={styles['aside']}>{aside}</div>}
    </header>
  );
}
