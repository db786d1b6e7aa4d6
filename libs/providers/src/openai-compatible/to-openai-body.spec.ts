import { describe, expect, test } from 'vitest';
import type { RequestBody } from '../provider-adapter.js';
import { aProvider, aRequestBody } from '../__fixtures__/requests.js';
import { forcesOpenAiUsage, toOpenAiBody } from './to-openai-body.js';

const PROVIDER = aProvider();
const send = (text: string, change: Partial<RequestBody> = {}, provider = PROVIDER): string =>
  toOpenAiBody(aRequestBody(text, change), provider, 'their "model"').toString();

describe('the body that goes to the provider', () => {
  test('only the model changes, whatever stands around it', () => {
    const before = '{ "messages":[{"content":"\\u0041é👍 model"}],\n"n":1.00, ';
    const after = ' , "temperature": 0.70}';
    expect(send(`${before}"model" : "mine"${after}`)).toBe(`${before}"model" : "their \\"model\\""${after}`);
  });

  test('a stream that did not ask for usage asks for it', () => {
    const streamed = { stream: true };
    expect(send('{"model":"m","stream":true}', streamed)).toBe(
      '{"stream_options":{"include_usage":true},"model":"their \\"model\\"","stream":true}',
    );
    for (const options of ['null', '{}', '{"include_usage":false}']) {
      expect(send(`{"stream_options":${options},"model":"m"}`, streamed)).toBe(
        '{"stream_options":{"include_usage":true},"model":"their \\"model\\""}',
      );
    }
    expect(send('{"model":"m","stream_options":{"x":[1],"include_usage":false}}', streamed)).toBe(
      '{"model":"their \\"model\\"","stream_options":{"x":[1],"include_usage":true}}',
    );
  });

  test('a stream that asks for usage, and what is no stream, stays as it is', () => {
    const asked = '{"model":"m","stream_options":{"include_usage":true}}';
    expect(send(asked, { stream: true, includeUsage: true })).toBe(
      asked.replace('"m"', '"their \\"model\\""'),
    );
    expect(send('{"model":"m"}')).toBe('{"model":"their \\"model\\""}');
  });

  test('a server that refuses the option is not asked', () => {
    const provider = aProvider({ quirks: { streamOptions: false } });
    expect(send('{"model":"m"}', { stream: true }, provider)).toBe('{"model":"their \\"model\\""}');
    expect(forcesOpenAiUsage(aRequestBody('{"model":"m"}', { stream: true }), provider)).toBe(false);
  });

  test('the judged bytes are left alone', () => {
    const body = aRequestBody('{"model":"m"}', { stream: true });
    toOpenAiBody(body, PROVIDER, 'x');
    expect(body.bytes.toString()).toBe('{"model":"m"}');
  });
});
