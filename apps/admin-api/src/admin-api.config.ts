import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNatsUrl, NATS_URL_EXAMPLE } from '@sluice/bus/publishing';
import {
  addressVar,
  type EnvironmentOf,
  portVar,
  readEnvironment,
  serviceVariables,
  urlVar,
  variable,
} from '@sluice/config-schema';
import { z } from 'zod';

/** Beside this app, from `src` and from `dist` alike. */
const BUILT_DASHBOARD = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));

const switchVar = z
  .enum(['0', '1'])
  .default('0')
  .transform((text) => text === '1');

const VARIABLES = {
  databaseUrl: variable('DATABASE_URL', urlVar(['postgres:', 'postgresql:'])),
  natsUrl: variable('NATS_URL', addressVar(isNatsUrl, NATS_URL_EXAMPLE)),
  /** Origin of the export service. */
  exportUrl: variable('EXPORT_URL', urlVar(['http:', 'https:'], 'http://127.0.0.1:8091')),
  dataDir: variable('SLUICE_DATA_DIR', z.string().default('.data')),
  secretsDir: variable('SLUICE_SECRETS_DIR', z.string().optional()),
  password: variable('SLUICE_ADMIN_PASSWORD', z.string().optional()),
  passwordFile: variable('SLUICE_ADMIN_PASSWORD_FILE', z.string().optional()),
  host: variable('ADMIN_API_HOST', z.string().default('127.0.0.1')),
  port: variable('ADMIN_API_PORT', portVar(8090)),
  /** True: behind TLS, so that browsers send the cookie over TLS only. */
  secureCookie: variable('ADMIN_API_SECURE_COOKIE', switchVar),
  dashboardDir: variable('ADMIN_API_DASHBOARD_DIR', z.string().default(BUILT_DASHBOARD)),
  ...serviceVariables('ADMIN_API', 9190),
};

/** The environment of admin-api and the secrets it names, read once at start. */
export interface AdminApiConfig extends Omit<
  EnvironmentOf<typeof VARIABLES>,
  'dataDir' | 'secretsDir' | 'password' | 'passwordFile'
> {
  /** Key of the digests of session tokens. */
  readonly sessionSecret: string;
  /** Of the user `admin`, when the operator sets it. */
  readonly adminPassword: string | undefined;
  /** True: others on this machine can read the file of that password. */
  readonly isPasswordFileOpen: boolean;
}

const SHORTEST_SECRET = 32;
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 1024;
const OTHERS_READ = 0o004;

/**
 * Reads the environment and the files it names. Throws EnvironmentError that lists every variable at fault, or an Error that
 * names the file at fault; neither shows a value.
 */
export function readAdminApiConfig(env: NodeJS.ProcessEnv): AdminApiConfig {
  const { dataDir, secretsDir, password, passwordFile, ...config } = readEnvironment(VARIABLES, env);
  return Object.freeze({
    ...config,
    dashboardDir: resolve(config.dashboardDir),
    sessionSecret: readSessionSecret(secretsDir ?? join(dataDir, 'secrets')),
    ...readAdminPassword(password, passwordFile),
  });
}

function readSessionSecret(folder: string): string {
  const file = resolve(folder, 'session-secret');
  const secret = readSecretFile(
    file,
    'SLUICE_SECRETS_DIR names the folder it is in; "npm start" makes it, or write 32 random bytes in hex into it (mode 0600).',
  );
  if (secret.length >= SHORTEST_SECRET) return secret;
  throw new Error(
    `${file} holds less than ${SHORTEST_SECRET} characters. Put the right secret back, or delete the file, let it be made anew and sign in again.`,
  );
}

/** The text wins over the file. */
function readAdminPassword(
  text: string | undefined,
  file: string | undefined,
): Pick<AdminApiConfig, 'adminPassword' | 'isPasswordFileOpen'> {
  if (text !== undefined) {
    return { adminPassword: checked(text, 'SLUICE_ADMIN_PASSWORD'), isPasswordFileOpen: false };
  }
  if (file === undefined) return { adminPassword: undefined, isPasswordFileOpen: false };
  const path = resolve(file);
  const found = readSecretFile(path, 'SLUICE_ADMIN_PASSWORD_FILE names it.');
  return {
    adminPassword: checked(found, `the password in ${path}`),
    isPasswordFileOpen: (statSync(path).mode & OTHERS_READ) !== 0,
  };
}

function checked(password: string, source: string): string {
  if (password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD) return password;
  throw new Error(
    `${source} must have ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters, but has ${password.length}.`,
  );
}

function readSecretFile(file: string, wayOut: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`The file ${file} cannot be read (${code}). ${wayOut}`, { cause: error });
  }
}
