import { expect } from 'vitest';
import type { Asked } from './asked.js';
import type { ClientDialect } from './client-dialect.js';

/** What came where. */
export interface Passage {
  readonly wanted: Asked;
  readonly found: Asked;
  /** The dialect of the provider that was asked. */
  readonly provider: ClientDialect;
  readonly isThinking: boolean;
}

/**
 * Checks that a provider was asked what the client asked. A limit that the client did not set is the gateway's business, and
 * thinking may raise one that is too small.
 */
export function checkSame(passage: Passage): void {
  const { wanted, found, isThinking } = passage;
  const isFree = wanted.limit === 0 || isThinking;
  const limit = isFree ? found.limit : wanted.limit;
  expect(found).toEqual({ ...wanted, ...historyTools(passage), ...wordsForJson(wanted, found), limit });
}

/** A history of calls without tools brings their names, since Anthropic wants them, and that none may be called now. */
function historyTools({ wanted, provider }: Passage): Partial<Asked> {
  const called = wanted.said.flatMap(([what, name]) => (what === 'call' ? [name] : []));
  if (provider === 'chat' || wanted.tools.length > 0 || called.length === 0) return {};
  return { tools: [...new Set(called)].map((name) => [name, null, {}]), choice: 'none' };
}

/** Anthropic has no field for JSON of any shape: it is asked for in the system text. */
function wordsForJson(wanted: Asked, found: Asked): Partial<Asked> {
  if (wanted.format !== 'json' || found.format === 'json') return {};
  expect(found.system.startsWith(wanted.system)).toBe(true);
  expect(found.system.slice(wanted.system.length)).toContain('JSON');
  return { system: found.system, format: null };
}
