import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer, AnswerContext } from '../provider-adapter.js';
import { fromOpenAiAnswer } from './from-openai-answer.js';

const CHAT: AnswerContext = {
  endpoint: 'chat.completions',
  model: 'my "model"',
  base64: false,
  createdSeconds: 1,
  answerId: 'e',
};
const EMBEDDINGS: AnswerContext = { ...CHAT, endpoint: 'embeddings', model: 'mine' };

const read = (text: string, context: AnswerContext = CHAT): Answer =>
  fromOpenAiAnswer(Buffer.from(text), context);

/** The body of a good answer; fails for others. */
function bodyOf(answer: Answer): string {
  if (answer.kind !== 'answer') throw new Error(`not an answer: ${JSON.stringify(answer)}`);
  return answer.body.toString();
}

describe('a whole answer', () => {
  test("only the model's name changes, every other byte stays", () => {
    const before = '{ "id":"1", "n":1.0e2,\n "choices":[{"model":"stays","text":"\\u0041 é 👍"}], ';
    const after = ' , "created": 12345678901234567890 }\n';
    expect(bodyOf(read(`${before}"model": "theirs"${after}`))).toBe(
      `${before}"model": "my \\"model\\""${after}`,
    );
  });

  test('an answer without a model gets none', () => {
    expect(bodyOf(read('{"choices":[]}'))).toBe('{"choices":[]}');
  });

  test.each<[string, string, number | undefined]>([
    ['at the top', '{"choices":[],"usage":{"prompt_tokens":3}}', 3],
    ['in x_groq', '{"choices":[],"x_groq":{"usage":{"prompt_tokens":3}}}', 3],
    ['in the choice', '{"choices":[{"usage":{"prompt_tokens":3}}]}', 3],
    ['nowhere', '{"choices":[]}', undefined],
    ['null', '{"choices":[],"usage":null}', undefined],
  ])('usage %s', (_name, text, input) => {
    expect(read(text)).toMatchObject({ kind: 'answer' });
    const answer = read(text);
    expect(answer.kind === 'answer' ? answer.tokens?.input : null).toBe(input);
  });

  test.each<[string, string]>([
    ['not JSON', '<html>'],
    ['nothing', ''],
    ['cut off', '{"choices":[{"message":{"content":"Half an'],
    ['cut before its last brace', '{"choices":[]'],
    ['two documents', '{"choices":[]}{"choices":[]}'],
    ['a list', '[{"choices":[]}]'],
    ['without choices', '{"id":"1","object":"chat.completion"}'],
    ['an embedding instead', '{"data":[]}'],
  ])('%s is garbage, never an answer', (_name, text) => {
    expect(read(text)).toMatchObject({ kind: 'garbage' });
  });

  test('bytes that are no UTF-8 are garbage', () => {
    expect(
      fromOpenAiAnswer(Buffer.from('7b2263686f69636573223a5b5d2c2261223a22ff227d', 'hex'), CHAT),
    ).toMatchObject({
      kind: 'garbage',
    });
  });

  test.each<[string, string]>([
    ['an error instead', '{"error":{"message":"boom","code":502}}'],
    ['an error beside choices', '{"choices":[{"message":{}}],"error":{"message":"boom","code":502}}'],
    [
      'an error in the choice',
      '{"choices":[{"index":0,"finish_reason":"error","error":{"message":"boom","code":502}}]}',
    ],
  ])('%s is a failure', (_name, text) => {
    expect(read(text)).toMatchObject({ kind: 'failure', failure: { message: 'boom', status: 502 } });
  });

  test('a null error and the word in a text are no failure', () => {
    expect(
      read('{"choices":[{"error":null,"message":{"content":"\\"error\\": {}"}}],"error":null}'),
    ).toMatchObject({
      kind: 'answer',
    });
  });
});

describe('embeddings', () => {
  const answer = (embedding: unknown): string =>
    JSON.stringify({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding }],
      model: 'm',
      usage: { prompt_tokens: 2, total_tokens: 2 },
    });
  const vectorOf = (text: string): unknown =>
    (JSON.parse(text) as { data: { embedding: unknown }[] }).data[0]?.embedding;

  test('numbers go through as they came when the client wants numbers', () => {
    const text = '{"data":[{"embedding":[0.10, -1e-3]}],"model":"m"}';
    expect(bodyOf(read(text, EMBEDDINGS))).toBe('{"data":[{"embedding":[0.10, -1e-3]}],"model":"mine"}');
    expect(read(answer([1]), EMBEDDINGS)).toMatchObject({ tokens: { input: 2, output: 0 } });
  });

  test('a client that asked for base64 gets the same numbers in base64', () => {
    const anyFloats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(anyFloats, (vector) => {
        const encoded = vectorOf(bodyOf(read(answer(vector), { ...EMBEDDINGS, base64: true })));
        const bytes = Buffer.from(String(encoded), 'base64');
        const decoded = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
        // JSON has no negative zero.
        expect(decoded).toEqual(vector.map((value) => (value === 0 ? 0 : value)));
      }),
    );
  });

  test('base64 that came as base64 stays', () => {
    const body = bodyOf(read(answer('AACAPw=='), { ...EMBEDDINGS, base64: true }));
    expect(vectorOf(body)).toBe('AACAPw==');
  });

  test('every vector of a batch is encoded, and their other fields kept', () => {
    const text = '{"data":[{"index":0,"embedding":[1],"x":"y"},{"index":1,"embedding":[2]}],"model":"m"}';
    const body = bodyOf(read(text, { ...EMBEDDINGS, base64: true }));
    expect(JSON.parse(body)).toEqual({
      data: [
        { index: 0, embedding: 'AACAPw==', x: 'y' },
        { index: 1, embedding: 'AAAAQA==' },
      ],
      model: 'mine',
    });
  });

  test('an answer without data is garbage', () => {
    expect(read('{"choices":[]}', EMBEDDINGS)).toMatchObject({ kind: 'garbage' });
  });
});
