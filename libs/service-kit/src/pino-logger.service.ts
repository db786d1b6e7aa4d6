import { format } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own announcements at start: of use to who debugs the wiring, noise to everybody else. */
const CHATTY_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'NestApplication',
  'NestMicroservice',
  'RoutesResolver',
  'RouterExplorer',
]);

type Method = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Nest's log calls as pino lines: the last string after the message is the `context`, as in Nest's own logger. */
export class PinoLoggerService implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    const chatty = typeof context === 'string' && CHATTY_CONTEXTS.has(context);
    this.write(chatty ? 'debug' : 'info', message, rest);
  }

  /** Nest calls it as `(message, stack?, context?)`. */
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(method: Method, message: unknown, rest: readonly unknown[]): void {
    const { context, stack, err, details } = sortParameters(message, rest);
    const fields = {
      ...(context === undefined ? {} : { context }),
      ...(stack === undefined ? {} : { stack }),
      ...(err === undefined ? {} : { err }),
      ...(details.length === 0 ? {} : { details }),
    };
    this.logger[method](fields, toText(message));
  }
}

interface SortedParameters {
  readonly context?: string;
  readonly stack?: string;
  readonly err?: unknown;
  readonly details: readonly unknown[];
}

function sortParameters(message: unknown, rest: readonly unknown[]): SortedParameters {
  const last = rest.at(-1);
  const lastIsStack = typeof last === 'string' && isStack(last);
  const hasContext = typeof last === 'string' && !lastIsStack;
  const others = hasContext ? rest.slice(0, -1) : rest;
  const stack = others.find((value): value is string => typeof value === 'string' && isStack(value));
  const err = [message, ...others].find((value) => value instanceof Error);
  return {
    ...(hasContext ? { context: last } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(err === undefined ? {} : { err }),
    details: others.filter((value) => value !== undefined && value !== stack && value !== err),
  };
}

const isStack = (text: string): boolean => /\n\s+at /.test(text);

function toText(message: unknown): string {
  if (typeof message === 'string') return message;
  if (message instanceof Error) return message.message;
  try {
    return format('%j', message);
  } catch {
    return Object.prototype.toString.call(message);
  }
}
