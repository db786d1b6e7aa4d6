// The first container of docker-compose.yml: it makes everything that is secret, before any server starts.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ADMIN_USER } from '../admin-password.js';
import { prepareSecrets } from '../prepare-secrets.js';
import { readSecretFile, replaceSecretFile } from '../secret-files.js';
import { SERVICES, type ServiceRow } from '../service-table.js';
import { planServerCredentials, type SharedFile } from './server-credentials.js';

const DEFAULT_ROOT = '/secrets';
const CONFIG_DIR = resolve(import.meta.dirname, '../../../../infra');
const OWNER_ONLY = 0o600;
const READABLE = 0o644;

/**
 * Below `SLUICE_SHARES_DIR` (default `/secrets`): `all` holds every secret, each other folder is one container's and gets what
 * that one reads. What exists stays. Says the admin's password and the API key when it has made them, and never again.
 * Safe when several run at once. @throws Error that names the file at fault
 */
export function runSecrets(env: Readonly<NodeJS.ProcessEnv>, say: (line: string) => void): void {
  const root = env['SLUICE_SHARES_DIR'] ?? DEFAULT_ROOT;
  const all = join(root, 'all');
  const secrets = prepareSecrets(all, env['SLUICE_ADMIN_PASSWORD']);
  const files = [...planServerCredentials(all, CONFIG_DIR), ...planServiceSecrets(all)];
  for (const { container, name, content, isForOtherUser } of files) {
    const folder = join(root, container);
    mkdirSync(folder, { recursive: true });
    replaceSecretFile(join(folder, name), content, isForOtherUser ? READABLE : OWNER_ONLY);
  }
  if (secrets.isApiKeyMade) say(`API key, for every model:  ${secrets.apiKey}`);
  if (secrets.isAdminPasswordMade) say(`Dashboard, user ${ADMIN_USER}:    ${secrets.adminPassword}`);
  if (secrets.isAdminPasswordReplaced)
    say('The password of admin was replaced: docker compose restart admin-api');
  else if (!secrets.isApiKeyMade && !secrets.isAdminPasswordMade) say('every secret was there already');
}

function planServiceSecrets(all: string): SharedFile[] {
  const rows: readonly ServiceRow[] = SERVICES;
  return rows.flatMap(({ app, secrets }) =>
    secrets.map((name) => ({
      container: app,
      name,
      content: readSecretFile(join(all, name)),
      isForOtherUser: false,
    })),
  );
}
