import { afterAll, beforeAll, expect, it } from 'vitest';
import { embeddingsSchema, errorSchema } from '../../__fixtures__/openai-answer.schema.js';
import { startTestProvider, type TestProvider } from '../../__fixtures__/test-provider.js';

let demo: TestProvider;
beforeAll(async () => {
  demo = await startTestProvider();
});
afterAll(() => demo[Symbol.asyncDispose]());

async function embed(body: Record<string, unknown>) {
  const answer = await demo.post('/embeddings', { model: 'demo-embed', ...body });
  expect(answer.status, answer.text).toBe(200);
  return embeddingsSchema.parse(JSON.parse(answer.text));
}

const floats = (embedding: number[] | string): number[] => {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Buffer.from(embedding, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
};
const vectorOf = async (input: unknown, more: Record<string, unknown> = {}): Promise<number[]> =>
  floats((await embed({ input, ...more })).data[0]!.embedding);
const dot = (one: number[], other: number[]): number =>
  one.reduce((sum, value, at) => sum + value * other[at]!, 0);

it('base64 is the same numbers as float, little-endian', async () => {
  const input = ['the first text', 'another one'];
  const asFloats = await embed({ input, encoding_format: 'float' });
  const asBase64 = await embed({ input, encoding_format: 'base64' });
  expect(asBase64.data.map(({ embedding }) => typeof embedding)).toEqual(['string', 'string']);
  expect(asBase64.data.map(({ embedding }) => floats(embedding))).toEqual(
    asFloats.data.map(({ embedding }) => embedding),
  );
});

it.each([1, 2, 256, 3072])(
  'a vector of %i dimensions has length 1 and depends on the text only',
  async (dimensions) => {
    const vector = await vectorOf('some words to embed', { dimensions });
    expect(vector).toHaveLength(dimensions);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(await vectorOf('some words to embed', { dimensions })).toEqual(vector);
  },
);

it('texts that share words are nearer than texts that do not, and word order counts', async () => {
  const cat = await vectorOf('the cat sat on the mat');
  expect(dot(cat, await vectorOf('the cat sat there'))).toBeGreaterThan(
    dot(cat, await vectorOf('quarterly revenue grew')),
  );
  expect(await vectorOf('mat the on sat cat the')).not.toEqual(cat);
});

it.each([
  ['a text', 'four tokens here', { vectors: 1, tokens: 4 }],
  ['texts', ['abcd', 'abcde'], { vectors: 2, tokens: 3 }],
  ['token ids', [1, 2, 3], { vectors: 1, tokens: 3 }],
  ['lists of token ids', [[1, 2], [3]], { vectors: 2, tokens: 3 }],
])('takes %s and counts its tokens', async (_name, input, { vectors, tokens }) => {
  const { data, usage } = await embed({ input });
  expect(data.map(({ index }) => index)).toEqual(Array.from({ length: vectors }, (_, index) => index));
  expect(usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
});

it.each([
  ['an empty text', { input: '' }, 'input'],
  ['no input', {}, 'input'],
  ['too many inputs', { input: Array<string>(2049).fill('x') }, 'input'],
  ['too many dimensions', { input: 'x', dimensions: 4096 }, 'dimensions'],
  ['an unknown encoding', { input: 'x', encoding_format: 'hex' }, 'encoding_format'],
  ['a chat model', { input: 'x', model: 'demo-chat' }, 'model'],
])('refuses %s and names the field', async (_name, body, param) => {
  const answer = await demo.post('/embeddings', { model: 'demo-embed', ...body });
  expect(answer.status).toBe(400);
  expect(errorSchema.parse(JSON.parse(answer.text)).error).toMatchObject({
    type: 'invalid_request_error',
    param,
  });
});
