import { GatewayError } from '@sluice/contracts';
import type { RequestBody } from '@sluice/providers';
import { describe, expect, test } from 'vitest';
import { judgeFields, scanBody } from './judge-body.js';

const judge = (fields: string): RequestBody =>
  judgeFields(scanBody(Buffer.from(`{"model":"m"${fields}}`), 'chat'), 'chat.completions').body;

/** Code, field and message of the refusal. */
function refusalOf(text: string): readonly [string, string | null, string] {
  try {
    judgeFields(scanBody(Buffer.from(text), 'chat'), 'chat.completions');
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param ?? null, error.message];
    throw error;
  }
  throw new Error('it was taken');
}

describe('a field of the wrong kind is refused by name', () => {
  test.each<[string, string, string, string]>([
    ['{}', 'invalid_request', 'model', 'missing'],
    ['{"model":null}', 'invalid_request', 'model', 'not null'],
    ['{"model":7}', 'invalid_request', 'model', 'not a number'],
    ['{"model":["m"]}', 'invalid_request', 'model', 'not an array'],
    ['{"model":{}}', 'invalid_request', 'model', 'not an object'],
    ['{"model":"m","stream":"true"}', 'invalid_request', 'stream', 'not a string'],
    ['{"model":"m","stream":1}', 'invalid_request', 'stream', 'not a number'],
    ['{"model":"m","stream_options":[]}', 'invalid_request', 'stream_options', 'not an array'],
  ])('%s', (text, code, param, words) => {
    const refusal = refusalOf(text);
    expect(refusal.slice(0, 2)).toEqual([code, param]);
    expect(refusal[2]).toContain(words);
  });

  test('what is not strict JSON has a code of its own, a disguised key has not', () => {
    expect(refusalOf('{"model":"m"')[0]).toBe('invalid_json');
    expect(refusalOf('{"model":"m","model":"n"}')[0]).toBe('invalid_json');
    expect(refusalOf('{"model":"m","Stream":true}')[0]).toBe('invalid_request');
  });
});

test('the model is read with its escapes; where it stands is kept', () => {
  const scanned = scanBody(Buffer.from('{"a":"é", "model" : "m\\u00e9\\"" }'), 'chat');
  expect(scanned.model).toBe('mé"');
  const { spans, bytes } = judgeFields(scanned, 'embeddings').body;
  expect(bytes.toString('utf8', spans.model.start, spans.model.end)).toBe('"m\\u00e9\\""');
});

test('absent and null fields have the defaults of the dialect', () => {
  const defaults = { stream: false, includeUsage: false, base64: false, choices: 1 };
  expect(judge('')).toMatchObject(defaults);
  expect(judge(',"stream":null,"stream_options":null,"n":null,"encoding_format":null')).toMatchObject(
    defaults,
  );
});

test('what the gateway acts on is read', () => {
  expect(judge(',"stream":true,"stream_options":{"include_usage":true},"n":3')).toMatchObject({
    stream: true,
    includeUsage: true,
    choices: 3,
  });
  expect(judge(',"encoding_format":"base64"').base64).toBe(true);
  expect(judge(',"n":"3"').choices, "a wrong one is the provider's to refuse").toBe(1);
});
