// What a page shows when there is nothing to show: empty, broken, or still on its way.
import type { ReactElement, ReactNode } from 'react';
import { ApiError } from '../api/api-error.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icon.js';
import { joinClasses } from './join-classes.js';
import styles from './states.module.css';

export interface EmptyStateProps {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export function EmptyState({ icon = 'inbox', title, children, action }: EmptyStateProps): ReactElement {
  return (
    <div className={styles['state']}>
      <span className={styles['icon']}>
        <Icon name={icon} size={20} />
      </span>
      <p className={styles['title']}>{title}</p>
      {children !== undefined && <p className={styles['text']}>{children}</p>}
      {action}
    </div>
  );
}

/** Says what went wrong and offers to try again. */
export function ErrorState({
  error,
  onRetry,
}: {
  readonly error: Error;
  readonly onRetry?: () => void;
}): ReactElement {
  const problem = error instanceof ApiError ? error.answer?.problem : undefined;
  return (
    <div className={joinClasses(styles['state'], styles['bad'])} role="alert">
      <span className={styles['icon']}>
        <Icon name="alert" size={20} />
      </span>
      <p className={styles['title']}>{problem?.title ?? 'This could not be loaded'}</p>
      <p className={styles['text']}>{error.message}</p>
      {problem?.errors?.map(({ parameter, detail }) => (
        <p key={parameter} className={styles['text']}>
          <code>{parameter}</code>: {detail}
        </p>
      ))}
      {onRetry !== undefined && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A line over data that is older than it should be. */
export function Notice({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <p className={styles['notice']} role="status">
      <Icon name="alert" size={15} />
      <span>{children}</span>
    </p>
  );
}

/** Holds the place of what is on its way, so that nothing jumps when it comes. */
export function Skeleton({ className }: { readonly className?: string | undefined }): ReactElement {
  return <span className={joinClasses(styles['skeleton'], className)} aria-hidden="true" />;
}
