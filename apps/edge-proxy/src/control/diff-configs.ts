import { AUDIT_VALUE_MAX_CHARS, type AuditChange } from '@sluice/contracts';
import { formatPath, type GatewayConfig } from '@sluice/config-schema';
import { type ShownNode, toPlain, toShownConfig } from './shown-config.js';

/** One difference, by its place in the file. Secrets are masked on both sides: that they differ is all that is said. */
export type ConfigChange = AuditChange;

/**
 * What acts differently after a reload, in the order of the new file, then what it has no more. Defaults count as set,
 * so a line that only says a default is no change. Pure.
 */
export function diffConfigs(before: GatewayConfig, after: GatewayConfig): readonly ConfigChange[] {
  const changes: ConfigChange[] = [];
  compare(toShownConfig(before), toShownConfig(after), [], changes);
  return changes;
}

function compare(
  before: ShownNode | undefined,
  after: ShownNode | undefined,
  path: readonly (string | number)[],
  changes: ConfigChange[],
): void {
  if (before?.kind === 'parts' && after?.kind === 'parts') {
    for (const name of new Set([...after.parts.keys(), ...before.parts.keys()])) {
      compare(before.parts.get(name), after.parts.get(name), [...path, name], changes);
    }
    return;
  }
  if (before?.kind === 'value' && after?.kind === 'value' && before.identity === after.identity) return;
  changes.push({
    path: formatPath(path),
    kind: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    before: before === undefined ? null : show(before),
    after: after === undefined ? null : show(after),
  });
}

function show(node: ShownNode): string {
  const text = JSON.stringify(toPlain(node));
  return text.length > AUDIT_VALUE_MAX_CHARS ? `${text.slice(0, AUDIT_VALUE_MAX_CHARS - 1)}…` : text;
}
