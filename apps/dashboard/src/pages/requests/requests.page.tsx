import type { RequestPage } from '@sluice/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { countFilters } from '../../api/request-filters.js';
import { requestListQuery } from '../../api/requests.js';
import { PageHeader } from '../../shell/page-header.js';
import { Button, IconButton } from '../../ui/button.js';
import { Card } from '../../ui/card.js';
import { EmptyState, ErrorState, Notice } from '../../ui/states.js';
import { ExportMenu } from './export-menu.js';
import { FilterBar } from './filter-bar.js';
import { RequestTable, RequestTableSkeleton } from './request-table.js';
import styles from './requests.module.css';
import { type ListAddress, useRequestFilters } from './use-request-filters.js';

/** The request log: newest first, by filters that stand in the address. */
export function RequestsPage(): ReactElement {
  const address = useRequestFilters();
  const { filters, cursor, isFollowed } = address;
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery(
    requestListQuery({ filters, cursor, isFollowed }),
  );
  return (
    <>
      <PageHeader
        title="Requests"
        aside={
          <>
            <IconButton
              icon="refresh"
              label="Refresh"
              onClick={() => void refetch()}
              className={isFetching && !isFollowed ? styles['turning'] : undefined}
            />
            <Button
              icon={isFollowed ? 'pause' : 'play'}
              aria-pressed={isFollowed}
              disabled={cursor !== null}
              title={
                cursor === null ? 'New requests appear by themselves' : 'Only the newest page can be followed'
              }
              onClick={() => address.setFollowed(!isFollowed)}
            >
              Follow
            </Button>
            <ExportMenu filters={filters} />
          </>
        }
      />
      <FilterBar filters={filters} onChange={address.setFilters} />
      {error !== null && data !== undefined && <Notice>Not up to date: {error.message}</Notice>}
      <Card isFlush className={styles['card']}>
        {error !== null && data === undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Rows page={data} address={address} isOld={isPlaceholderData} />
        )}
      </Card>
    </>
  );
}

function Rows({
  page,
  address,
  isOld,
}: {
  readonly page: RequestPage | undefined;
  readonly address: ListAddress;
  readonly isOld: boolean;
}): ReactElement {
  const { filters, cursor, isFollowed, goTo } = address;
  if (page === undefined) return <RequestTableSkeleton />;
  if (page.items.length === 0) return <NothingFound address={address} />;
  return (
    <>
      <RequestTable items={page.items} isFollowed={isFollowed} isOld={isOld} filters={filters} />
      <nav className={styles['pager']} aria-label="Pages of the list">
        <span>
          {page.items.length} {page.items.length === 1 ? 'request' : 'requests'}, newest first
        </span>
        <span className={styles['pagerButtons']}>
          {cursor !== null && (
            <Button look="outline" onClick={() => goTo(null)}>
              Newest
            </Button>
          )}
          <Button disabled={page.nextCursor === null} onClick={() => goTo(page.nextCursor)}>
            Older
          </Button>
        </span>
      </nav>
    </>
  );
}

function NothingFound({ address }: { readonly address: ListAddress }): ReactElement {
  const { filters, cursor, setFilters } = address;
  if (countFilters(filters) === 0 && cursor === null) {
    return (
      <EmptyState title="No requests in this time">
        Send one to the gateway, or choose a longer time. A request is listed about a second after it ended.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="filter"
      title="Nothing matches these filters"
      action={<Button onClick={() => setFilters({ span: filters.span })}>Clear filters</Button>}
    >
      Names must match exactly: the model as it was asked for, the provider and team by name, the key by its
      id.
    </EmptyState>
  );
}
