// What a person types after `npm run tail --`.
import { parseArgs } from 'node:util';
import {
  type HealthChanged,
  REQUEST_OUTCOMES,
  type RequestCompleted,
  type RequestOutcome,
} from '@sluice/contracts';

/** The streams that can be shown. */
export type TailKind = 'request' | 'health' | 'audit';

/** What is shown. A filter that is undefined lets everything through. */
export interface TailOptions {
  /** Which events. */
  readonly kind: TailKind;
  readonly outcome: RequestOutcome | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly team: string | undefined;
  /** How many of the newest messages come first; a message holds 1 to 64 events. */
  readonly last: number;
  /** False: ends after what is there. */
  readonly follow: boolean;
  /** Messages as they are, subject and JSON, instead of one line an event. */
  readonly raw: boolean;
}

export type TailCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string }
  | { readonly kind: 'tail'; readonly options: TailOptions };

export const HELP = `Usage: npm run tail -- [options]

Shows the events of a running Sluice, the newest ones first and then each as it happens. Ctrl-C ends it.

  --outcome X     only ${REQUEST_OUTCOMES.join(', ')}
  --provider X    only requests that this provider ended, or its health
  --model X       only this model, as the client asked for it
  --team X        only requests of this team
  --health        instead of requests: breakers that changed, cooldowns that began
  --audit         instead of requests: what people and operators did
  --last N        how many messages to begin with (default 20; 0 for none)
  --no-follow     end after those
  --raw           the messages themselves: subject and JSON

The address is NATS_URL, else that in start.json of SLUICE_DATA_DIR (default .data).
`;

const MOST_LAST = 100_000;

/** Reads the arguments after the script's name. Never throws. */
export function parseTailOptions(args: readonly string[]): TailCommand {
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        outcome: { type: 'string' },
        provider: { type: 'string' },
        model: { type: 'string' },
        team: { type: 'string' },
        last: { type: 'string', default: '20' },
        follow: { type: 'boolean', default: true },
        raw: { type: 'boolean', default: false },
        health: { type: 'boolean', default: false },
        audit: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const last = Number(values.last);
    if (!/^\d+$/.test(values.last) || last > MOST_LAST) {
      return { kind: 'mistake', message: `--last takes a whole number up to ${MOST_LAST}.` };
    }
    const outcome = REQUEST_OUTCOMES.find((known) => known === values.outcome);
    if (values.outcome !== undefined && outcome === undefined) {
      return { kind: 'mistake', message: `--outcome takes one of ${REQUEST_OUTCOMES.join(', ')}.` };
    }
    const { provider, model, team, follow, raw } = values;
    const kind = values.health ? 'health' : values.audit ? 'audit' : 'request';
    const misplaced = [outcome, model, team].some((filter) => filter !== undefined) && kind !== 'request';
    if (misplaced || (kind === 'audit' && provider !== undefined) || (values.health && values.audit)) {
      return { kind: 'mistake', message: `--${kind} goes with no such filter: see below.` };
    }
    return { kind: 'tail', options: { kind, outcome, provider, model, team, last, follow, raw } };
  } catch (error) {
    return {
      kind: 'mistake',
      message: error instanceof Error ? error.message : 'The arguments cannot be read.',
    };
  }
}

/** Whether a health event passes the filters. */
export const isWantedHealth = (event: HealthChanged, { provider }: TailOptions): boolean =>
  provider === undefined || event.provider === provider;

/** Whether a request event passes the filters. */
export function isWanted(event: RequestCompleted, options: TailOptions): boolean {
  const { outcome, provider, model, team } = options;
  return (
    (outcome === undefined || event.outcome === outcome) &&
    (provider === undefined || event.provider === provider) &&
    (model === undefined || event.requestedModel === model) &&
    (team === undefined || event.teamId === team)
  );
}
