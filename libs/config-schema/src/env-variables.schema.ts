// Reusable pieces for the schemas of services' environments.
import { z } from 'zod';

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

/** `LOG_LEVEL`; `info` when not set. */
export const logLevelVar: z.ZodType<LogLevel> = z.enum(LOG_LEVELS).default('info');

function kindOfText(text: string): string {
  return /^-?\d+(\.\d+)?$/.test(text) ? 'another number' : 'text';
}
