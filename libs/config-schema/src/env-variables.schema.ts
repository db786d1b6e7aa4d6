// Reusable pieces for the schemas of services' environments.
import { z } from 'zod';
import { type EnvVariable, variable } from './parse-env.js';

/** Levels of the logger, from loudest to silent. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A port from 0 (any free one) to 65535. */
export function portVar(defaultPort: number): z.ZodType<number> {
  return z
    .string()
    .transform((text, ctx): number => {
      const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
      if (port <= 65_535) return port;
      const message = `must be a whole number from 0 to 65535, but is ${kindOfText(text)}; for example ${defaultPort}`;
      ctx.issues.push({ code: 'custom', message, input: undefined });
      return z.NEVER;
    })
    .default(defaultPort);
}

/**
 * An address with one of these protocols (`['redis:', 'rediss:']`), as text. Without a default it must be set.
 * The value is never repeated: it may hold a password.
 */
export function urlVar(protocols: readonly string[], defaultUrl?: string): z.ZodType<string> {
  const wanted = protocols.map((protocol) => `${protocol}//…`).join(' or ');
  const message = `must be an address like ${wanted}`;
  const schema = z.unknown().transform((text, ctx): string => {
    const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
    if (typeof text === 'string' && url !== undefined && protocols.includes(url.protocol)) return text;
    const kind =
      url === undefined ? ', but is text that is no address' : ', but is an address of another kind';
    ctx.issues.push({
      code: 'custom',
      message: text === undefined ? message : message + kind,
      input: undefined,
    });
    return z.NEVER;
  });
  return defaultUrl === undefined ? schema : schema.default(defaultUrl);
}

/** An address that `isAddress` takes. Without a default it must be set. The value is never repeated: it may hold a password. */
export function addressVar(
  isAddress: (text: string) => boolean,
  example: string,
  defaultAddress?: string,
): z.ZodType<string> {
  const error = `must be an address like ${example}`;
  const schema = z.custom<string>((text) => typeof text === 'string' && isAddress(text), { error });
  return defaultAddress === undefined ? schema : schema.default(defaultAddress);
}

/** A name of this process for logs, events and NATS, when it is given. */
export const instanceVar: z.ZodType<string | undefined> = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,128}$/)
  .optional();

/** Fields that every service's configuration has. */
export interface ServiceVariables {
  readonly logLevel: EnvVariable<z.ZodType<LogLevel>>;
  /** 0 asks for a free one. */
  readonly opsPort: EnvVariable<z.ZodType<number>>;
  readonly opsHost: EnvVariable<z.ZodType<string>>;
  /** This process's name, when it is given. */
  readonly instance: EnvVariable<z.ZodType<string | undefined>>;
}

/**
 * The variables that every service has, to be spread into its own.
 * @param prefix of their names, e.g. `LOGGER`
 */
export const serviceVariables = (prefix: string, defaultOpsPort: number): ServiceVariables => ({
  logLevel: variable('LOG_LEVEL', logLevelVar),
  opsPort: variable(`${prefix}_OPS_PORT`, portVar(defaultOpsPort)),
  opsHost: variable(`${prefix}_OPS_HOST`, z.string().default('127.0.0.1')),
  instance: variable(`${prefix}_INSTANCE`, instanceVar),
});

/** `LOG_LEVEL`; `info` when not set. */
export const logLevelVar: z.ZodType<LogLevel> = z.enum(LOG_LEVELS).default('info');

function kindOfText(text: string): string {
  return /^-?\d+(\.\d+)?$/.test(text) ? 'another number' : 'text';
}
