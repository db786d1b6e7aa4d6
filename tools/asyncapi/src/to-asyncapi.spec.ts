import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { EVENT_CHANNELS } from '@sluice/contracts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toAsyncapi, toAsyncapiText } from './to-asyncapi.js';

const COMMITTED = readFileSync(new URL('../../../docs/asyncapi.yaml', import.meta.url), 'utf8');
const META_SCHEMA: object = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json') as object; // A JSON schema.

/** What the meta-schema says against a document; its formats are those of URLs, of which we have none. */
function problemsOf(document: unknown): string[] {
  // It brings JSON Schema's own schema with it, so Ajv must not add its.
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    validateFormats: false,
    meta: false,
    validateSchema: false,
  });
  const validate = ajv.compile(META_SCHEMA);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

describe('docs/asyncapi.yaml', () => {
  it('is what the contracts give: run `npm run asyncapi` after a change', () => {
    expect(parse(COMMITTED)).toEqual(parse(toAsyncapiText()));
  });

  it('is a document of AsyncAPI 3.0, by its own meta-schema', () => {
    expect(problemsOf(parse(COMMITTED))).toEqual([]);
    expect(problemsOf({ ...toAsyncapi(), channels: { request: { address: 5 } } })).not.toEqual([]);
  });

  it('refers only to what is in it, and has every channel', () => {
    const document = parse(COMMITTED) as Record<string, unknown>;
    const refs = [...COMMITTED.matchAll(/\$ref: "?'?#\/([\w/]+)/g)].map((match) => match[1] ?? '');
    expect(refs.length).toBeGreaterThan(10);
    const find = (path: string): unknown =>
      path
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
    expect(refs.filter((path) => find(path) === undefined)).toEqual([]);
    expect(Object.keys(document['channels'] as object)).toEqual(Object.keys(EVENT_CHANNELS));
  });
});
