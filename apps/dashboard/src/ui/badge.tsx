import type { ReactElement, ReactNode } from 'react';
import styles from './badge.module.css';
import { joinClasses } from './join-classes.js';

/** `plain`: what is as it should be, without a ground. */
export type BadgeTone = 'plain' | 'good' | 'bad' | 'warn' | 'calm' | 'info';

/** A word with a colour; the word alone says it. */
export function Badge({
  tone,
  children,
  title,
}: {
  readonly tone: BadgeTone;
  readonly children: ReactNode;
  readonly title?: string;
}): ReactElement {
  return (
    <span className={joinClasses(styles['badge'], styles[tone])} title={title}>
      {children}
    </span>
  );
}
