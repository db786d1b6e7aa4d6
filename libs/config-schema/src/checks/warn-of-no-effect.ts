// Settings that are possible but can never act: the file is taken, and its author is told.
import { durationOf } from '../schema/duration.schema.js';
import type { ConfigPath } from '../yaml/config-path.js';
import type { Finding } from '../yaml/finding.js';
import { entriesOf, fieldOf, numberOf, type PlainMap, textOf } from '../yaml/plain-value.js';
import type { ConfigCheck } from './config-check.js';
import { modelNamesOf, resolveModelName } from './model-names.js';

const DEFAULT_TOTAL = '10m';
const TIMERS = ['connect', 'firstToken', 'idle'];

/**
 * Timers longer than `total`, which ends the request before them. Only written ones: a total below a default is the
 * shortest way to say "no longer than this".
 */
export const warnOfTimeouts: ConfigCheck = (file) => {
  const shared = durationOf(fieldOf(file.timeouts, 'total') ?? DEFAULT_TOTAL);
  const ofModels = entriesOf(file.models).flatMap(([name, model]) => {
    const timeouts = fieldOf(model, 'timeouts');
    const own = fieldOf(timeouts, 'total');
    return tooLong(timeouts, own === undefined ? shared : durationOf(own), ['models', name, 'timeouts']);
  });
  return [...tooLong(file.timeouts, shared, ['timeouts']), ...ofModels];
};

function tooLong(timeouts: unknown, totalMs: number | undefined, path: ConfigPath): Finding[] {
  if (totalMs === undefined) return [];
  return TIMERS.flatMap((timer): Finding[] => {
    const timerMs = durationOf(fieldOf(timeouts, timer));
    if (timerMs === undefined || timerMs <= totalMs) return [];
    const message = 'can never act: timeouts.total ends the request before it; shorten it, or raise total';
    return [{ path: [...path, timer], message }];
  });
}

/** A fallback for what is too long, to a model that holds no more. */
export const warnOfContextWindows: ConfigCheck = (file) => {
  const names = modelNamesOf(file);
  return entriesOf(file.models).flatMap(([name, model]): Finding[] => {
    const target = textOf(fieldOf(fieldOf(model, 'fallbacksOn'), 'contextWindow'));
    const found = target === undefined ? undefined : resolveModelName(target, names);
    if (found?.kind !== 'model') return [];
    const own = numberOf(fieldOf(model, 'contextWindow'));
    const others = numberOf(fieldOf(fieldOf(file.models, found.name), 'contextWindow'));
    if (own === undefined || others === undefined || others > own) return [];
    const message = 'names a model whose contextWindow is not larger, so it cannot help: name another one';
    return [{ path: ['models', name, 'fallbacksOn', 'contextWindow'], message }];
  });
};

/** A wait for a place where there is always one. */
export const warnOfQueues: ConfigCheck = (file: PlainMap) =>
  entriesOf(file.providers).flatMap(([name, provider]): Finding[] => {
    const waits = fieldOf(provider, 'queueTimeout') !== undefined;
    if (!waits || fieldOf(provider, 'maxConcurrency') !== undefined) return [];
    const message = 'has no effect without maxConcurrency: add that, or remove this';
    return [{ path: ['providers', name, 'queueTimeout'], message, at: 'key' }];
  });
