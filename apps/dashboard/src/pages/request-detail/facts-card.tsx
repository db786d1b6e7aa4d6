import type { RequestDetail } from '@sluice/contracts';
import type { ReactElement, ReactNode } from 'react';
import { Link } from 'react-router';
import { NO_VALUE } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { CopyText } from '../../ui/copy-text.js';
import { Moment } from '../../ui/moment.js';
import styles from './request-detail.module.css';

/** What is known about the request; what can be filtered by leads to the list. */
export function FactsCard({ request }: { readonly request: RequestDetail }): ReactElement {
  const target = [request.provider, request.providerModel].filter((name) => name !== null).join(' / ');
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Event id', <CopyText key="event" value={request.eventId} label="event id" />],
    ['Request id', <CopyText key="request" value={request.requestId} label="request id" />],
    ...(request.traceId === null
      ? []
      : ([['Trace id', <CopyText key="trace" value={request.traceId} label="trace id" />]] as const)),
    ['Endpoint', <code key="endpoint">{request.endpoint}</code>],
    ['Model asked for', <ListLink key="model" name="model" value={request.requestedModel} />],
    ['Answered by', target === '' ? NO_VALUE : target],
    [
      'Key',
      <ListLink key="key" name="key" value={request.keyId}>
        {request.keyName} ({request.keyId})
      </ListLink>,
    ],
    ['Team', <ListLink key="team" name="team" value={request.teamId} />],
    ['Streamed', request.stream ? 'yes' : 'no'],
    ['Cache', request.deduplicated ? `${request.cache}, joined a request under way` : request.cache],
    ['Received', <Moment key="received" iso={request.occurredAt} />],
    ['Logged', <Moment key="logged" iso={request.loggedAt} />],
    ['Edge', <code key="edge">{request.instance}</code>],
    ['Config version', <code key="config">{request.configVersion}</code>],
  ];
  return (
    <Card title="Facts">
      <dl className={styles['facts']}>
        {facts.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
    </Card>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function ListLink({
  name,
  value,
  children,
}: {
  readonly name: string;
  readonly value: string | null;
  readonly children?: ReactNode;
}): ReactElement {
  if (value === null || value === '') return <>{NO_VALUE}</>;
  const search = new URLSearchParams({ range: '24h', [name]: value });
  return <Link to={`/requests?${search.toString()}`}>{children ?? value}</Link>;
}
