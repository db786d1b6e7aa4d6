import type { DependencyState } from '@sluice/service-kit';
import type { LoadReason } from './load-monitor.js';

/**
 * What `/readyz` says of processes that turn every new request away. Shown and no more: they answer at once with a time
 * to come back, and an edge that is taken out for it would push its load onto the others.
 */
export function loadHealth(
  processes: readonly { readonly name: string; readonly shutFor: LoadReason | null }[],
): DependencyState {
  const shut = processes.filter(({ shutFor }) => shutFor !== null);
  if (shut.length === 0) return { ok: true };
  const words = shut.map(({ name, shutFor }) => `${name} (${shutFor})`);
  return { ok: false, detail: `every new request is turned away by ${words.join(', ')}` };
}
