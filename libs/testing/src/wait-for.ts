import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often to ask. */
export interface WaitForOptions {
  /** Default 5000. */
  readonly timeoutMs?: number;
  /** Pause between two questions, default 10. */
  readonly intervalMs?: number;
  /** What is waited for; a function may say what was seen last. */
  readonly message?: string | (() => string);
}

/**
 * Asks until the condition gives something other than `undefined`, `null` or `false`, and returns that.
 * A condition that throws has not come true yet; its last error is the cause of the one thrown at the deadline.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitForOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const timeoutMs = options.timeoutMs ?? 5000;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      // The three values below are what Exclude takes out of T.
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${describe(options.message)}`, { cause: lastError });
    }
    await delay(options.intervalMs ?? 10);
  }
}

function describe(message: WaitForOptions['message']): string {
  return typeof message === 'function' ? message() : (message ?? 'the condition did not come true');
}
