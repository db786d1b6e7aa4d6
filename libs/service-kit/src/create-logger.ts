import { pino } from 'pino';
import { maskSecrets } from './secret-mask.js';
import { toLogError } from './to-log-error.js';

/** What a logger is made of. */
export interface CreateLoggerOptions {
  /** Name of the service, e.g. `edge-proxy`. */
  readonly service: string;
  /** This process, see {@link instanceName}. */
  readonly instance: string;
  /** `fatal error warn info debug trace silent`. */
  readonly level: string;
  /** Where lines go; stdout when absent. */
  readonly destination?: pino.DestinationStream;
}

/** Lines wait here while stdout takes none; at the bound new lines are dropped and counted, the service goes on. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

let dropped = 0;

/** How many log lines this process has dropped because nobody read its stdout. */
export const droppedLogLines = (): number => dropped;

/**
 * One JSON line per entry: `level` as a word, `time` in ISO 8601, `service`, `instance`, `msg`. Every line passes the
 * secret mask. Errors go under `err` and show type, message, code, stack and causes only.
 */
export function createLogger(options: CreateLoggerOptions): pino.Logger {
  const destination = options.destination ?? stdout();
  return pino(
    {
      level: options.level,
      base: { service: options.service, instance: options.instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: toLogError },
    },
    { write: (line) => destination.write(maskSecrets(line)) },
  );
}

function stdout(): pino.DestinationStream {
  // Not sync: a launcher that stops reading must not freeze the service.
  const stream = pino.destination({ fd: 1, sync: false, maxLength: MOST_WAITING_BYTES });
  stream.on('drop', () => {
    dropped += 1;
  });
  // There is no place left to say that stdout is broken; the service matters more than its log.
  stream.on('error', () => {
    dropped += 1;
  });
  process.on('exit', () => {
    try {
      stream.flushSync();
    } catch {
      // Nobody reads any more.
    }
  });
  return stream;
}
