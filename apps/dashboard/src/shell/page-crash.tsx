import type { ReactElement } from 'react';
import { useRouteError } from 'react-router';
import { EmptyState } from '../ui/states.js';
import { Button } from '../ui/button.js';

/** What stands in a page's place when its code or its loading broke. */
export function PageCrash(): ReactElement {
  const error = useRouteError();
  // After an update of the server the chunks of the page that is open are gone.
  const isStale = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <EmptyState
      icon="alert"
      title={isStale ? 'The dashboard was updated' : 'This page broke'}
      action={
        <Button icon="refresh" onClick={() => location.reload()}>
          Reload
        </Button>
      }
    >
      {isStale
        ? 'Reload to get the new version.'
        : `Reload the page. If it breaks again, this is what it said: ${describe(error)}`}
    </EmptyState>
  );
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : 'nothing');
