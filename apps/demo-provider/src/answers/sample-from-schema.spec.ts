import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleFromSchema } from './sample-from-schema.js';

const sample = (schema: unknown): unknown => sampleFromSchema(schema, { textFor: () => undefined });

describe('the sample fits', () => {
  const TREE = z.object({
    name: z.string(),
    get children() {
      return z.array(TREE);
    },
  });
  it.each<[string, z.ZodType]>([
    [
      'an object of all kinds',
      z.strictObject({ a: z.string(), b: z.int(), c: z.number(), d: z.boolean(), e: z.null() }),
    ],
    [
      'enums and constants',
      z.object({ unit: z.enum(['celsius', 'kelvin']), kind: z.literal('x'), one: z.literal(1) }),
    ],
    ['nullable and optional', z.object({ a: z.string().nullable(), b: z.number().optional() })],
    ['a union', z.union([z.object({ a: z.int() }), z.string()])],
    [
      'bounds of numbers',
      z.object({ a: z.int().min(5).max(9), b: z.number().gt(0).lt(1), c: z.int().max(-3), d: z.int().gt(7) }),
    ],
    ['multiples', z.object({ a: z.int().min(11).multipleOf(10) })],
    [
      'lengths',
      z.object({
        a: z.string().min(20),
        b: z.string().max(2),
        c: z.array(z.int()).min(3),
        d: z.array(z.int()).max(0),
      }),
    ],
    ['a tuple', z.tuple([z.string(), z.int()])],
    [
      'formats',
      z.object({
        at: z.iso.datetime(),
        day: z.iso.date(),
        mail: z.email(),
        id: z.uuid(),
        at4: z.ipv4(),
        link: z.url(),
      }),
    ],
    ['a recursive schema', TREE],
    ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() }))],
  ])('%s', (_name, shape) => {
    const value = sample(z.toJSONSchema(shape));
    expect(() => shape.parse(value), JSON.stringify(value)).not.toThrow();
  });
});

it('unique items differ', () => {
  const items = sample({ type: 'array', items: { type: 'string' }, minItems: 3, uniqueItems: true });
  expect(new Set(items as string[]).size).toBe(3);
});

it('a schema that refers to itself many times over ends, and soon', () => {
  const self = { $ref: '#' };
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const schema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, self])),
    required: names,
  };
  const startedAt = performance.now();
  expect(JSON.stringify(sample(schema)).length).toBeLessThan(200_000);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

it.each([
  [true],
  [null],
  [{}],
  ['text'],
  [{ $ref: '#/nowhere' }],
  [{ $ref: '#/%' }],
  [{ type: 'object', properties: { __proto__: 1 } }],
  [{ allOf: [3] }],
])('a schema that says little is no failure: %j', (schema) => {
  expect(() => JSON.stringify(sample(schema))).not.toThrow();
});
