import { type RawBuilder, sql } from 'kysely';
import type { RequestLogFilter } from './request-log.repository.js';
import type { TeamScope } from './team-scope.js';

/** The conditions of a filter within a scope, in one expression; `true` when there is none. */
export function requestLogConditions(filter: RequestLogFilter, scope: TeamScope): RawBuilder<boolean> {
  const equal = [
    ['requested_model', filter.requestedModel],
    ['provider', filter.provider],
    ['key_id', filter.keyId],
    ['team_id', filter.teamId],
    ['outcome', filter.outcome],
    ['request_id', filter.requestId],
  ] as const;
  const all = [
    scope.kind === 'all' ? undefined : sql`team_id = any(${scope.teamIds}::text[])`,
    filter.from && sql`occurred_at >= ${filter.from}`,
    filter.to && sql`occurred_at < ${filter.to}`,
    ...equal.map(([column, value]) => (value === undefined ? undefined : sql`${sql.ref(column)} = ${value}`)),
  ].filter((condition) => condition !== undefined);
  return all.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(all, sql` and `)}`;
}
