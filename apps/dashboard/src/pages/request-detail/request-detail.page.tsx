import type { RequestDetail } from '@sluice/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Link, useLocation, useParams } from 'react-router';
import { ApiError } from '../../api/api-error.js';
import { requestDetailQuery } from '../../api/requests.js';
import { PageHeader } from '../../shell/page-header.js';
import { Button, buttonClass } from '../../ui/button.js';
import { Card } from '../../ui/card.js';
import { Icon } from '../../ui/icon.js';
import { Moment } from '../../ui/moment.js';
import { OutcomeBadge } from '../../ui/outcome-badge.js';
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.js';
import { AttemptsCard } from './attempts-card.js';
import { ErrorCard } from './error-card.js';
import { FactsCard } from './facts-card.js';
import { RequestTiles } from './request-tiles.js';
import styles from './request-detail.module.css';
import { RoutingCard } from './routing-card.js';
import { TimingCard } from './timing-card.js';
import { TokensCard } from './tokens-card.js';

/** One request: what was asked, who was called, how long each part took, what it cost. */
export function RequestDetailPage(): ReactElement {
  const { eventId = '' } = useParams();
  const { data: request, error, isFetching, refetch } = useQuery(requestDetailQuery(eventId));
  return (
    <>
      <BackToList />
      {request !== undefined && <Found request={request} />}
      {request === undefined && error !== null && (
        <>
          <PageHeader title="Request" />
          <Card>
            {error instanceof ApiError && (error.isNotFound || error.answer?.status === 400) ? (
              <NotFound isFetching={isFetching} onRetry={() => void refetch()} />
            ) : (
              <ErrorState error={error} onRetry={() => void refetch()} />
            )}
          </Card>
        </>
      )}
      {request === undefined && error === null && <Loading />}
    </>
  );
}

function Found({ request }: { readonly request: RequestDetail }): ReactElement {
  return (
    <>
      <PageHeader title={request.requestedModel ?? request.endpoint}>
        <OutcomeBadge outcome={request.outcome} status={request.status} />
        <Moment iso={request.occurredAt} className={styles['when']} />
      </PageHeader>
      <div className={styles['stack']}>
        <RequestTiles request={request} />
        {request.errorCode !== null && <ErrorCard code={request.errorCode} message={request.errorMessage} />}
        <AttemptsCard request={request} />
        <RoutingCard request={request} />
        <div className={styles['columns']}>
          <FactsCard request={request} />
          <div className={styles['stack']}>
            <TimingCard request={request} />
            <TokensCard request={request} />
          </div>
        </div>
      </div>
    </>
  );
}

/** Back to the list as it was filtered, when one came from there. */
function BackToList(): ReactElement {
  const location = useLocation();
  return (
    <Link to={`/requests${listSearch(location.state)}`} className={styles['back']}>
      <Icon name="arrow-left" size={14} />
      Requests
    </Link>
  );
}

/** The history's state is ours, but it survives updates of the app: it is looked at like any input. */
function listSearch(state: unknown): string {
  if (typeof state !== 'object' || state === null || !('list' in state)) return '';
  return typeof state.list === 'string' && state.list.startsWith('?') ? state.list : '';
}

function NotFound({
  isFetching,
  onRetry,
}: {
  readonly isFetching: boolean;
  readonly onRetry: () => void;
}): ReactElement {
  return (
    <EmptyState
      icon="search"
      title="There is no such request"
      action={
        <span className={styles['actions']}>
          <Button icon="refresh" disabled={isFetching} onClick={onRetry}>
            Look again
          </Button>
          <Link to="/requests" className={buttonClass('outline')}>
            To the list
          </Link>
        </span>
      }
    >
      It may be younger than a second, older than the retention, or of a team that you do not see.
    </EmptyState>
  );
}

function Loading(): ReactElement {
  return (
    <div aria-busy="true" aria-label="Loading the request">
      <PageHeader title="Request" />
      <div className={styles['stack']}>
        <Skeleton className={styles['tilesSkeleton']} />
        <Skeleton className={styles['attemptsSkeleton']} />
      </div>
    </div>
  );
}
