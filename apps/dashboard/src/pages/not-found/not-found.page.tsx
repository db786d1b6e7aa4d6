import type { ReactElement } from 'react';
import { Link } from 'react-router';
import { PageHeader } from '../../shell/page-header.js';
import { buttonClass } from '../../ui/button.js';
import { EmptyState } from '../../ui/states.js';

/** For addresses that no page has. */
export function NotFoundPage(): ReactElement {
  return (
    <>
      <PageHeader title="Not found" />
      <EmptyState
        icon="search"
        title="There is no such page"
        action={
          <Link to="/" className={buttonClass('outline')}>
            To the overview
          </Link>
        }
      >
        The address may be mistyped, or from a newer version.
      </EmptyState>
    </>
  );
}
