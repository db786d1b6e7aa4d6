// What a person types after `npm run control --`.
import { parseArgs } from 'node:util';

/** What the edges are asked. */
export type ControlQuestion =
  | { readonly command: 'config.reload' }
  | { readonly command: 'breaker.list' }
  | {
      readonly command: 'breaker.force';
      readonly provider: string;
      /** Null for the provider's own breaker. */
      readonly providerModel: string | null;
      readonly to: 'open' | 'closed' | 'auto';
    };

export type ControlOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string }
  | { readonly kind: 'ask'; readonly question: ControlQuestion; readonly json: boolean };

export const HELP = `Usage: npm run control -- <command> [--json]

Asks every edge of a running Sluice, and says what each did. Ends with 0 when all did it.

  reload                              read the config file again
  breakers                            list the breakers of each edge
  breaker open <provider>[/<model>]   hold a breaker open: nothing is sent there
  breaker close <provider>[/<model>]  hold a breaker closed, whatever it sees
  breaker auto <provider>[/<model>]   give it back to what it sees

  --json                              the answers themselves

<model> is the provider's own name of it. Without one the provider's own breaker is meant, which holds up all its models when it is open.
The address is NATS_URL, else that in start.json of SLUICE_DATA_DIR (default .data).
`;

const FORCES = { open: 'open', close: 'closed', auto: 'auto' } as const;

/** Reads the arguments after the script's name. Never throws. */
export function parseControlOptions(args: readonly string[]): ControlOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const question = toQuestion(positionals);
    return typeof question === 'string'
      ? { kind: 'mistake', message: question }
      : { kind: 'ask', question, json: values.json };
  } catch (error) {
    return {
      kind: 'mistake',
      message: error instanceof Error ? error.message : 'The arguments cannot be read.',
    };
  }
}

/** The question, or what is wrong. */
function toQuestion([command, ...rest]: readonly string[]): ControlQuestion | string {
  if (command === 'reload' && rest.length === 0) return { command: 'config.reload' };
  if (command === 'breakers' && rest.length === 0) return { command: 'breaker.list' };
  if (command !== 'breaker') return 'The commands are reload, breakers and breaker.';
  const [verb = '', place = '', ...more] = rest;
  if (!isForce(verb)) return 'A breaker is told open, close or auto.';
  // A provider's name holds no slash; a model's may.
  const [, provider, providerModel] = /^([^/]+)(?:\/(.+))?$/.exec(place) ?? [];
  if (provider === undefined || more.length > 0) return 'Name one breaker: <provider> or <provider>/<model>.';
  return { command: 'breaker.force', provider, providerModel: providerModel ?? null, to: FORCES[verb] };
}

const isForce = (verb: string): verb is keyof typeof FORCES => Object.hasOwn(FORCES, verb);
