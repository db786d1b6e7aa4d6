import { describe, expect, test } from 'vitest';
import { readEmbeddedFailure, readOpenAiFailure } from './read-openai-failure.js';

const readJson = (status: number, body: unknown): ReturnType<typeof readOpenAiFailure> =>
  readOpenAiFailure(status, Buffer.from(JSON.stringify(body)));

describe('the shapes in which providers refuse', () => {
  test.each<[string, number, unknown, object]>([
    [
      'OpenAI',
      401,
      {
        error: {
          message: 'Incorrect API key provided',
          type: 'invalid_request_error',
          param: null,
          code: 'Invalid_API_Key',
        },
      },
      {
        message: 'Incorrect API key provided',
        code: 'invalid_api_key',
        errorCode: 'provider_credential_rejected',
      },
    ],
    [
      'OpenAI: context',
      400,
      { error: { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' } },
      { errorCode: 'context_length_exceeded', passable: true },
    ],
    [
      'OpenAI: quota is no rate limit',
      429,
      {
        error: {
          message: 'You exceeded your current quota',
          type: 'insufficient_quota',
          code: 'insufficient_quota',
        },
      },
      { quotaExhausted: true, errorCode: 'provider_rate_limited' },
    ],
    [
      'OpenAI: a rate limit is no quota',
      429,
      { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
      { quotaExhausted: false, code: 'rate_limit_exceeded' },
    ],
    ['Azure: no type', 401, { error: { code: '401', message: 'Access denied' } }, { code: '401' }],
    [
      'Azure: deployment',
      404,
      { error: { code: 'DeploymentNotFound', message: 'no' } },
      { errorCode: 'model_not_found' },
    ],
    ['Mistral: detail', 401, { detail: 'Invalid API Key' }, { message: 'Invalid API Key', code: '' }],
    [
      'Mistral: list of problems',
      422,
      { detail: [{ loc: ['body', 'a'], msg: 'field required', type: 'missing' }, { msg: 'too short' }] },
      { message: 'field required; too short', errorCode: 'invalid_request' },
    ],
    [
      'Mistral: flat',
      400,
      { object: 'error', message: 'bad', type: 'invalid_request_error', code: 3051 },
      { message: 'bad', code: '3051' },
    ],
    [
      'xAI: a bad key is a 400',
      400,
      {
        code: 'invalid-argument',
        error: 'Incorrect API key provided: xa***. You can obtain one at the console.',
      },
      { code: 'invalid-argument', credentialRejected: true },
    ],
    [
      'xAI: an honest 400',
      400,
      { code: 'invalid-argument', error: 'Invalid temperature' },
      { credentialRejected: false },
    ],
    [
      "Gemini's look-alike: a bad key is a 400 in a list",
      400,
      [
        {
          error: {
            code: 400,
            message: 'API key not valid. Please pass a valid API key.',
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
      {
        credentialRejected: true,
        passable: false,
        message: 'API key not valid. Please pass a valid API key.',
      },
    ],
    [
      'Groq: a failed tool call',
      400,
      {
        error: {
          message: 'Failed to call a function',
          type: 'invalid_request_error',
          code: 'tool_use_failed',
          failed_generation: 'x',
        },
      },
      { code: 'tool_use_failed', errorCode: 'invalid_request', passable: true },
    ],
    [
      'DeepSeek: no money',
      402,
      { error: { message: 'Insufficient Balance', type: 'unknown_error' } },
      { errorCode: 'provider_credential_rejected' },
    ],
    [
      'OpenRouter: number as code',
      429,
      {
        error: {
          code: 429,
          message: 'Provider returned error',
          metadata: { raw: 'secret', provider_name: 'x' },
        },
      },
      { message: 'Provider returned error', code: '429' },
    ],
    [
      'Perplexity',
      401,
      { error: { message: 'Invalid API key', type: 'invalid_api_key', code: 401 } },
      { code: '401' },
    ],
    [
      'Ollama',
      500,
      { error: 'model runner has stopped' },
      { message: 'model runner has stopped', errorCode: 'all_providers_failed' },
    ],
    [
      'vLLM: flat',
      400,
      {
        object: 'error',
        message: "This model's maximum context length is 2048 tokens",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
      { errorCode: 'context_length_exceeded' },
    ],
    ['too large', 413, { error: { message: 'x' } }, { errorCode: 'request_too_large' }],
    ['an error that is null', 503, { error: null }, { message: 'the provider answered 503' }],
    ['an empty object', 500, {}, { message: 'the provider answered 500', code: '' }],
  ])('%s', (_name, status, body, wanted) => {
    expect(readJson(status, body)).toMatchObject({ status, ...wanted });
  });

  test.each<[string, Buffer]>([
    ['a page of HTML', Buffer.from('<html><body>401</body></html>')],
    ['nothing', Buffer.alloc(0)],
    ['half a document', Buffer.from('{"error":{"mess')],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00])],
  ])('%s is a failure without words, and does not go through', (_name, body) => {
    expect(readOpenAiFailure(502, body)).toMatchObject({
      message: 'the provider answered 502',
      passable: false,
      status: 502,
    });
  });

  test('a message is cut to 1 KiB', () => {
    expect(readJson(500, { error: { message: 'a'.repeat(5_000) } }).message).toHaveLength(1024);
  });
});

describe('an error inside a 200', () => {
  test.each<[string, unknown, object]>([
    [
      'a status of its own',
      { error: { message: 'x', status: 400, code: 'content_filter' } },
      { status: 400, passable: true },
    ],
    ['a number as code', { error: { message: 'x', code: '502' } }, { status: 502 }],
    ['no number at all', { error: { message: 'x', code: 'boom' } }, { status: 500 }],
    ['a number that is no error', { error: { message: 'x', code: 200 } }, { status: 500 }],
    ['a text', { error: 'boom' }, { message: 'boom', passable: false }],
    ['flat', { object: 'error', message: 'boom', code: 404 }, { message: 'boom', status: 404 }],
    [
      'in every choice',
      { choices: [{ error: { message: 'boom', code: 502 } }] },
      { message: 'boom', status: 502 },
    ],
  ])('%s', (_name, document, wanted) => {
    expect(readEmbeddedFailure(document)).toMatchObject(wanted);
  });

  test.each<[string, unknown]>([
    ['no error', { choices: [{}] }],
    ['a null', { error: null }],
    ['an empty text', { error: '' }],
    ['in one choice of two', { choices: [{ error: { message: 'x' } }, { message: {} }] }],
    ['no document', 'error'],
  ])('%s is none', (_name, document) => {
    expect(readEmbeddedFailure(document)).toBe(null);
  });
});
