import type { Finding } from '../yaml/finding.js';
import type { ConfigCheck } from './config-check.js';
import { findLoops } from './find-loops.js';
import { modelNamesOf, nameProblem } from './model-names.js';

/** Aliases lead to a model, without loops, and hide none. */
export const checkAliases: ConfigCheck = (file) => {
  const names = modelNamesOf(file);
  const findings: Finding[] = [];
  for (const [alias, target] of names.aliases) {
    const path = ['aliases', alias];
    if (names.models.has(alias)) {
      findings.push({
        path,
        message: 'has the name of a model and would hide it: rename one of them',
        at: 'key',
      });
    }
    if (target === undefined || names.aliases.has(target)) continue;
    const message = nameProblem(target, names);
    if (message !== undefined) findings.push({ path, message });
  }
  const edges = new Map([...names.aliases].map(([alias, target]) => [alias, [target]]));
  for (const { from, loop } of findLoops(edges)) {
    const message = `leads back to itself (${showLoop(loop)}): point one of them at a model`;
    findings.push({ path: ['aliases', from], message });
  }
  return findings;
};

/** `a → b → a`, short however long the loop is. */
export function showLoop(loop: readonly string[]): string {
  const shown = loop.length > 5 ? [...loop.slice(0, 4), '…'] : loop;
  return [...shown, loop[0] ?? ''].map((name) => name.slice(0, 80)).join(' → ');
}
