import type { ConfigPath } from '../yaml/config-path.js';
import type { Finding } from '../yaml/finding.js';
import { entriesOf, fieldOf, numberOf } from '../yaml/plain-value.js';
import type { ConfigCheck } from './config-check.js';

/**
 * Each worker gets its share of a bound, so a bound below their number would leave some with nothing. With "auto"
 * their number is known only where the edge runs: there each gets at least one.
 */
export const checkConcurrency: ConfigCheck = (file) => {
  const workers = numberOf(fieldOf(file.server, 'workers'));
  if (workers === undefined) return [];
  const bounds: (readonly [ConfigPath, unknown])[] = [
    [['server', 'maxConcurrency'], fieldOf(file.server, 'maxConcurrency')],
    ...entriesOf(file.providers).map(
      ([name, provider]) =>
        [['providers', name, 'maxConcurrency'], fieldOf(provider, 'maxConcurrency')] as const,
    ),
  ];
  return bounds.flatMap(([path, value]): Finding[] => {
    const bound = numberOf(value);
    // Below 1 it is no bound at all, which the schema says.
    if (bound === undefined || bound < 1 || bound >= workers) return [];
    const message =
      'must not be below server.workers, since each of them gets its share: raise it, or have fewer workers';
    return [{ path, message }];
  });
};
