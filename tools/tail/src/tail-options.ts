// What a person types after `npm run tail --`.
import { parseArgs } from 'node:util';
import { REQUEST_OUTCOMES, type RequestCompleted, type RequestOutcome } from '@sluice/contracts';

/** What is shown. A filter that is undefined lets everything through. */
export interface TailOptions {
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

Shows the request events of a running Sluice, the newest first ones and then each as it happens. Ctrl-C ends it.

  --outcome X     only ${REQUEST_OUTCOMES.join(', ')}
  --provider X    only requests that this provider ended
  --model X       only this model, as the client asked for it
  --team X        only requests of this team
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
    return { kind: 'tail', options: { outcome, provider, model, team, last, follow, raw } };
  } catch (error) {
    return {
      kind: 'mistake',
      message: error instanceof Error ? error.message : 'The arguments cannot be read.',
    };
  }
}

/** Whether an event passes the filters. */
export function isWanted(event: RequestCompleted, options: TailOptions): boolean {
  const { outcome, provider, model, team } = options;
  return (
    (outcome === undefined || event.outcome === outcome) &&
    (provider === undefined || event.provider === provider) &&
    (model === undefined || event.requestedModel === model) &&
    (team === undefined || event.teamId === team)
  );
}
