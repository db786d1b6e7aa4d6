// What a person types after `npm start --`.
import { PORT_VARIABLES } from './service-table.js';

/** What the command line asks for. */
export type LaunchCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string }
  | { readonly kind: 'start'; readonly edges: number };

/** Ten consecutive ports are kept for the edges: data from 8080, ops from 9080. */
export const MAX_EDGES = 10;

export const HELP = `Usage: npm start [-- --edges N]

Starts Sluice on this machine: private NATS, Redis and Postgres, every service, and a demo provider that needs no key.

  --edges N   how many edges to start, 1 to ${MAX_EDGES} (default 1); each takes the port after the one before
  --help      this text

Environment: SLUICE_CONFIG, SLUICE_DATA_DIR (default .data), SLUICE_SECRETS_DIR, DATABASE_URL, REDIS_URL, NATS_URL,
CACHE_REDIS_URL, SLUICE_ADMIN_PASSWORD, LOG_LEVEL, and each service's ports:
${wrapWords(PORT_VARIABLES, 120)}.
`;

/** Reads the arguments after the script's name. Never throws. */
export function parseLaunchOptions(args: readonly string[]): LaunchCommand {
  let edges = 1;
  for (let index = 0; index < args.length; index += 1) {
    const [name, inline] = split(args[index] ?? '');
    if (name === '--help' || name === '-h') return { kind: 'help' };
    if (name !== '--edges') {
      return { kind: 'mistake', message: `Unknown argument "${name}". Known: --edges N, --help.` };
    }
    const value = inline ?? args[(index += 1)];
    if (value === undefined || !/^\d{1,2}$/.test(value) || Number(value) < 1 || Number(value) > MAX_EDGES) {
      const given = value === undefined ? 'nothing' : `"${value}"`;
      return { kind: 'mistake', message: `--edges takes a number from 1 to ${MAX_EDGES}, not ${given}.` };
    }
    edges = Number(value);
  }
  return { kind: 'start', edges };
}

function split(argument: string): [string, string | undefined] {
  const at = argument.indexOf('=');
  return at === -1 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** The words with commas between, on lines of at most `width` characters. */
function wrapWords(words: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    const longer = `${line ?? ''}, ${word}`;
    if (line === undefined || longer.length >= width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join(',\n');
}
