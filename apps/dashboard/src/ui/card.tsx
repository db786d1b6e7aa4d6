import { useId, type ReactElement, type ReactNode } from 'react';
import styles from './card.module.css';
import { joinClasses } from './join-classes.js';

export interface CardProps {
  readonly title?: ReactNode;
  /** Stands at the end of the title's line. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** Without inner padding: tables go to the edge. */
  readonly isFlush?: boolean;
}

/** A titled region of a page. */
export function Card({ title, aside, children, className, isFlush = false }: CardProps): ReactElement {
  const titleId = useId();
  return (
    <section
      className={joinClasses(styles['card'], className)}
      aria-labelledby={title === undefined ? undefined : titleId}
    >
      {title !== undefined && (
        <header className={styles['header']}>
          <h2 id={titleId} className={styles['title']}>
            {title}
          </h2>
          {aside}
        </header>
      )}
      <div className={isFlush ? undefined : styles['body']}>{children}</div>
    </section>
  );
}
