// Passwords of NATS, Redis and Postgres in docker-compose.yml, and the files that carry them to both sides.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSecretFile } from '../secret-files.js';
import { SERVICES, type ServiceRow, type ServiceUrl } from '../service-table.js';

/** One file of one container's own folder. */
export interface SharedFile {
  /** The container's folder below the one that holds them all. */
  readonly container: string;
  readonly name: string;
  readonly content: string;
  /** True: the container's user is another than ours and the folder is its alone. */
  readonly isForOtherUser: boolean;
}

/** Where servers are for the services: their names in docker-compose.yml. */
const HOSTS = { NATS_URL: 'nats:4222', REDIS_URL: 'redis:6379', DATABASE_URL: 'postgres:5432' } as const;
/** What `init` has to reach. */
const INIT = { app: 'init', urls: ['NATS_URL', 'DATABASE_URL'] } as const;

/**
 * Makes the passwords that are missing in `secretsDir` and says which file goes where. `configDir` holds the servers' own
 * config files (`infra/`). @throws Error of the file system
 */
export function planServerCredentials(secretsDir: string, configDir: string): SharedFile[] {
  const rows: readonly ServiceRow[] = SERVICES;
  const clients = [INIT, ...rows].filter(({ urls }) => urls.length > 0);
  const password = (name: string): string =>
    ensureSecretFile(join(secretsDir, `${name}-password`), () => randomBytes(32).toString('hex'));
  const address = (variable: ServiceUrl, app: string): string => {
    if (variable === 'NATS_URL') return `nats://${app}:${password(`nats-${app}`)}@${HOSTS.NATS_URL}`;
    if (variable === 'REDIS_URL') return `redis://:${password('redis')}@${HOSTS.REDIS_URL}/0`;
    return `postgresql://sluice:${password('postgres')}@${HOSTS.DATABASE_URL}/sluice`;
  };
  const own = { isForOtherUser: false };
  const others = { isForOtherUser: true };
  const natsUsers = clients.filter(({ urls }) => urls.some((url) => url === 'NATS_URL'));
  return [
    ...clients.flatMap(({ app, urls }) =>
      urls.map((url) => ({ container: app, name: fileOf(url), content: address(url, app), ...own })),
    ),
    { container: 'postgres', name: 'password', content: password('postgres'), ...others },
    { container: 'redis', name: 'password', content: password('redis'), ...others },
    { container: 'redis', name: 'redis.conf', content: redisConfig(configDir, password('redis')), ...others },
    {
      container: 'nats',
      name: 'nats-server.conf',
      content: readFileSync(join(configDir, 'nats', 'nats-server.conf'), 'utf8'),
      ...own,
    },
    {
      container: 'nats',
      name: 'passwords.conf',
      content: natsUsers.map(({ app }) => `${variableOf(app)}: "${password(`nats-${app}`)}"`).join('\n'),
      ...own,
    },
  ];
}

/** `nats-url` for `NATS_URL`. */
function fileOf(variable: ServiceUrl): string {
  return variable.toLowerCase().replaceAll('_', '-');
}

/** What nats-server.conf calls a user's password. */
function variableOf(app: string): string {
  return `${app.replaceAll('-', '_').toUpperCase()}_PASSWORD`;
}

function redisConfig(configDir: string, password: string): string {
  return `${readFileSync(join(configDir, 'redis', 'redis.conf'), 'utf8')}requirepass ${password}`;
}
