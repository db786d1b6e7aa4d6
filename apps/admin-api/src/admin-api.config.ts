import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseNatsUrl } from '@sluice/bus/publishing';
import { logLevelVar, parseEnv, portVar, urlVar } from '@sluice/config-schema';
import { z } from 'zod';

/** One server or several with commas between; the value may hold a password and is not repeated. */
const natsUrlVar = z
  .string({ error: 'must be an address like nats://host:4222' })
  .refine(isNatsUrl, { error: 'must be an address like nats://host:4222 or tls://user:password@host:4222' });

const switchVar = z
  .enum(['0', '1'])
  .default('0')
  .transform((text) => text === '1');

const environmentSchema = z.object({
  DATABASE_URL: urlVar(['postgres:', 'postgresql:']),
  NATS_URL: natsUrlVar,
  EXPORT_URL: urlVar(['http:', 'https:'], 'http://127.0.0.1:8091'),
  SLUICE_DATA_DIR: z.string().default('.data'),
  SLUICE_SECRETS_DIR: z.string().optional(),
  SLUICE_ADMIN_PASSWORD: z.string().optional(),
  SLUICE_ADMIN_PASSWORD_FILE: z.string().optional(),
  LOG_LEVEL: logLevelVar,
  ADMIN_API_HOST: z.string().default('127.0.0.1'),
  ADMIN_API_PORT: portVar(8090),
  ADMIN_API_OPS_HOST: z.string().default('127.0.0.1'),
  ADMIN_API_OPS_PORT: portVar(9190),
  ADMIN_API_SECURE_COOKIE: switchVar,
  ADMIN_API_DASHBOARD_DIR: z.string().optional(),
  ADMIN_API_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,128}$/)
    .optional(),
});

/** The environment of admin-api and the secrets it names, read once at start. */
export interface AdminApiConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  /** Origin of the export service. */
  readonly exportUrl: string;
  readonly logLevel: string;
  readonly host: string;
  readonly port: number;
  readonly opsHost: string;
  readonly opsPort: number;
  /** True: behind TLS, so that browsers send the cookie over TLS only. */
  readonly secureCookie: boolean;
  readonly dashboardDir: string;
  /** This process's name, when it is given. */
  readonly instance: string | undefined;
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
/** Beside this app, from `src` and from `dist` alike. */
const BUILT_DASHBOARD = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));

/**
 * Reads the environment and the files it names. Throws EnvironmentError that lists every variable at fault, or an Error that
 * names the file at fault; neither shows a value.
 */
export function readAdminApiConfig(env: NodeJS.ProcessEnv): AdminApiConfig {
  const parsed = parseEnv(environmentSchema, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    natsUrl: parsed.NATS_URL,
    exportUrl: parsed.EXPORT_URL,
    logLevel: parsed.LOG_LEVEL,
    host: parsed.ADMIN_API_HOST,
    port: parsed.ADMIN_API_PORT,
    opsHost: parsed.ADMIN_API_OPS_HOST,
    opsPort: parsed.ADMIN_API_OPS_PORT,
    secureCookie: parsed.ADMIN_API_SECURE_COOKIE,
    dashboardDir: resolve(parsed.ADMIN_API_DASHBOARD_DIR ?? BUILT_DASHBOARD),
    instance: parsed.ADMIN_API_INSTANCE,
    sessionSecret: readSessionSecret(parsed.SLUICE_SECRETS_DIR ?? join(parsed.SLUICE_DATA_DIR, 'secrets')),
    ...readAdminPassword(parsed.SLUICE_ADMIN_PASSWORD, parsed.SLUICE_ADMIN_PASSWORD_FILE),
  });
}

/** The secrets inside the configuration, for the mask: as written and decoded. */
export function secretsOf(config: AdminApiConfig): string[] {
  const addresses = [config.databaseUrl, config.exportUrl, ...config.natsUrl.split(',')];
  const inAddresses = addresses.flatMap((address) => {
    const url = URL.parse(address.trim());
    if (url === null) return [];
    // nats://token@host: a user without a password is a token.
    const secret = url.password === '' && /^(nats|tls):$/.test(url.protocol) ? url.username : url.password;
    return [secret, decoded(secret)];
  });
  return [...inAddresses, config.sessionSecret, config.adminPassword ?? ''].filter((text) => text !== '');
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

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isNatsUrl(text: string): boolean {
  try {
    parseNatsUrl(text);
    return true;
  } catch {
    return false;
  }
}
