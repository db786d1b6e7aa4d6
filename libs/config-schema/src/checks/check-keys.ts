import type { Finding } from '../yaml/finding.js';
import {
  entriesOf,
  fieldOf,
  itemsOf,
  type PlainMap,
  ReferencedText,
  textOf,
  UNREADABLE,
} from '../yaml/plain-value.js';
import { suggestName } from '../yaml/nearest-name.js';
import type { ConfigCheck } from './config-check.js';

/** Key names and values are there once, and each key's team is one of the file's. */
export const checkKeys: ConfigCheck = (file) => {
  const keys = itemsOf(file.keys);
  return [...duplicateNames(keys), ...duplicateValues(keys), ...unknownTeams(keys, file)];
};

function duplicateNames(keys: readonly unknown[]): Finding[] {
  const seen = new Set<string>();
  return keys.flatMap((key, index) => {
    const name = textOf(fieldOf(key, 'name'));
    if (name === undefined) return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      {
        path: ['keys', index, 'name'],
        message: 'is the name of another key in this list: rename one of them',
      },
    ];
  });
}

function duplicateValues(keys: readonly unknown[]): Finding[] {
  const firstWith = new Map<string, string>();
  return keys.flatMap((key, index) => {
    const value = secretText(fieldOf(key, 'key'));
    if (value === undefined) return [];
    const first = firstWith.get(value);
    if (first === undefined) {
      firstWith.set(value, describeKey(key, index));
      return [];
    }
    const message = `is the same as that of ${first}: give each key a value of its own`;
    return [{ path: ['keys', index, 'key'], message }];
  });
}

/** Unresolved references are compared as they are written: the same reference is the same secret. */
function secretText(value: unknown): string | undefined {
  if (value === UNREADABLE) return undefined;
  return value instanceof ReferencedText ? value.text : textOf(value);
}

function describeKey(key: unknown, index: number): string {
  const name = fieldOf(key, 'name');
  // A name from a reference could be anything, so it is not repeated.
  return typeof name === 'string' ? `key ${JSON.stringify(name.slice(0, 64))}` : `keys[${index}]`;
}

/**
 * A file that declares teams has all of them there (a mistyped team would be a new tenant); one that declares none
 * may name teams that were made elsewhere. `default` always exists.
 */
function unknownTeams(keys: readonly unknown[], file: PlainMap): Finding[] {
  const teams = entriesOf(file.teams).map(([name]) => name);
  if (teams.length === 0) return [];
  return keys.flatMap((key, index) => {
    const team = textOf(fieldOf(key, 'team'));
    if (team === undefined || team === '' || team === 'default' || teams.includes(team)) return [];
    const message = `names no team of this file: add it under "teams"${suggestName(team, teams)}`;
    return [{ path: ['keys', index, 'team'], message }];
  });
}
