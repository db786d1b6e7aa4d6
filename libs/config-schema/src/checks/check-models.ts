import type { Finding } from '../yaml/finding.js';
import type { ConfigPath } from '../yaml/config-path.js';
import { suggestName } from '../yaml/nearest-name.js';
import {
  entriesOf,
  fieldOf,
  isPlainMap,
  itemsOf,
  numberOf,
  type PlainMap,
  textOf,
} from '../yaml/plain-value.js';
import { compileWildcards } from '../model-wildcards.js';
import { FALLBACK_REASONS } from '../schema/model.schema.js';
import { showLoop } from './check-aliases.js';
import type { ConfigCheck } from './config-check.js';
import { findLoops } from './find-loops.js';
import { type ModelNames, modelNamesOf, nameProblem, resolveModelName } from './model-names.js';

/** Routes lead to providers, fallbacks to models, and the strategy has what it works with. */
export const checkModels: ConfigCheck = (file) => {
  const names = modelNamesOf(file);
  const models = entriesOf(file.models);
  const perModel = models.flatMap(([name, model]) => {
    const path = ['models', name];
    return [
      ...routeFindings(itemsOf(fieldOf(model, 'routes')), file, path),
      ...starFindings(itemsOf(fieldOf(model, 'routes')), name),
      ...priceFindings(model, name, file),
      ...sizeFindings(model, path),
      ...unknownFallbacks(model, path, names),
    ];
  });
  const sectionsAreEmpty = ['providers', 'models'].flatMap((section) => {
    const value = file[section];
    const empty = isPlainMap(value) && Object.keys(value).length === 0;
    return empty ? [{ path: [section], message: 'must have at least one entry, but is empty: add one' }] : [];
  });
  return [...sectionsAreEmpty, ...perModel, ...fallbackLoops(models, names)];
};

function routeFindings(routes: readonly unknown[], file: PlainMap, path: ConfigPath): Finding[] {
  const findings: Finding[] = [];
  const providers = entriesOf(file.providers).map(([name]) => name);
  for (const [index, route] of routes.entries()) {
    const provider = textOf(fieldOf(route, 'provider'));
    if (provider === undefined || provider === '' || providers.includes(provider)) continue;
    const message = `names no provider of this file: add it under "providers"${suggestName(provider, providers)}`;
    findings.push({ path: [...path, 'routes', index, 'provider'], message });
  }
  const allZero = routes.length > 0 && routes.every((route) => isZero(fieldOf(route, 'weight')));
  if (allZero) {
    const message = 'has only routes of weight 0, so none could be chosen: give one a weight above 0';
    findings.push({ path: [...path, 'routes'], message, at: 'key' });
  }
  return findings;
}

/** A `*` in a route stands for what the name's own stood for. */
function starFindings(routes: readonly unknown[], name: string): Finding[] {
  if (name.includes('*')) return [];
  return routes.flatMap((route, index): Finding[] => {
    if (textOf(fieldOf(route, 'model'))?.includes('*') !== true) return [];
    const message =
      'has a "*", but the name of this model has none that it could stand for: write the provider\'s name in full, or put a "*" into the name of the model';
    return [{ path: ['models', name, 'routes', index, 'model'], message }];
  });
}

function isZero(value: unknown): boolean {
  return value === 0 || Number(textOf(value) ?? NaN) === 0;
}

/** What a model may answer is part of what it can hold. */
function sizeFindings(model: unknown, path: ConfigPath): Finding[] {
  const holds = numberOf(fieldOf(model, 'contextWindow'));
  const answers = numberOf(fieldOf(model, 'maxTokens'));
  if (holds === undefined || answers === undefined || answers <= holds) return [];
  const message = 'must not be above contextWindow: lower it, or raise contextWindow';
  return [{ path: [...path, 'maxTokens'], message }];
}

/** `lowest-cost` can only order routes whose price is known here. */
function priceFindings(model: unknown, name: string, file: PlainMap): Finding[] {
  if (textOf(fieldOf(model, 'strategy')) !== 'lowest-cost') return [];
  const routes = itemsOf(fieldOf(model, 'routes'));
  if (routes.length === 0) return [];
  const priced = new Set(entriesOf(file.prices).map(([priceName]) => priceName));
  const hasPrice = (route: unknown): boolean => {
    if (fieldOf(route, 'price') !== undefined) return true;
    const providerModel = textOf(fieldOf(route, 'model'));
    if (providerModel === undefined) return false;
    // Of a wildcard at least one model that it can become.
    const covers = compileWildcards([providerModel]);
    return priced.has(providerModel) || [...priced].some((priceName) => covers(priceName) !== null);
  };
  if (routes.some(hasPrice)) return [];
  const message =
    'is "lowest-cost", but no route of this model has a price: give the routes a "price", or add their models under "prices"';
  return [{ path: ['models', name, 'strategy'], message }];
}

interface FallbackReference {
  readonly path: ConfigPath;
  readonly target: string;
}

/** All names a model falls back to, for one kind of failure. */
function fallbacksOf(model: unknown, path: ConfigPath, kind: string): FallbackReference[] {
  const found: FallbackReference[] = [];
  const add = (value: unknown, place: ConfigPath): void => {
    const target = textOf(value);
    if (target !== undefined && target !== '') found.push({ path: place, target });
  };
  if (kind !== 'fallbacks') {
    add(fieldOf(fieldOf(model, 'fallbacksOn'), kind), [...path, 'fallbacksOn', kind]);
    return found;
  }
  for (const [index, item] of itemsOf(fieldOf(model, 'fallbacks')).entries()) {
    add(item, [...path, 'fallbacks', index]);
  }
  return found;
}

const FALLBACK_KINDS = ['fallbacks', ...FALLBACK_REASONS];

function unknownFallbacks(model: unknown, path: ConfigPath, names: ModelNames): Finding[] {
  const references = FALLBACK_KINDS.flatMap((kind) => fallbacksOf(model, path, kind));
  return references.flatMap(({ path: place, target }) => {
    const message = nameProblem(target, names);
    return message === undefined ? [] : [{ path: place, message }];
  });
}

/**
 * Loops of fallbacks, whatever the kinds of failure on the way: a request that has come back to where it began would
 * fail there again. Models behind a wildcard count as one.
 */
function fallbackLoops(models: readonly (readonly [string, unknown])[], names: ModelNames): Finding[] {
  const references = new Map(
    models.map(([name, model]) => [
      name,
      FALLBACK_KINDS.flatMap((kind) => fallbacksOf(model, ['models', name], kind)),
    ]),
  );
  const edges = new Map(
    [...references].map(([name, list]) => [name, list.map(({ target }) => modelBehind(target, names))]),
  );
  return findLoops(edges).flatMap(({ from, index, loop }) => {
    const reference = references.get(from)?.[index];
    const message = `makes a loop of fallbacks (${showLoop(loop)}): remove one of them`;
    return reference === undefined ? [] : [{ path: reference.path, message }];
  });
}

function modelBehind(name: string, names: ModelNames): string | undefined {
  const target = resolveModelName(name, names);
  return target.kind === 'model' ? target.name : undefined;
}
