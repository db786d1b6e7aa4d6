/** The part of a pino logger that this lib uses: facts first, then one sentence. Must not throw. */
export interface BusLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Facts of an error that are safe to log: name, code and message, no stack, no cause. */
export function toErrorFacts(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { error: error.message, ...(code === undefined ? {} : { code }) };
}
