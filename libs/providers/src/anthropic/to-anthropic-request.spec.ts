import { describe, expect, test } from 'vitest';
import { ASK, BUDGET, NEW, OLD, refused, to } from './__fixtures__/translated-request.js';
import { toAnthropicRequest } from './to-anthropic-request.js';

describe('tools', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } };
  const tool = {
    type: 'function',
    function: { name: 'f', description: 'd', parameters: schema, strict: true },
  };
  const choose = (choice: unknown, more: object = {}, model = NEW): unknown =>
    to({ ...ASK, tools: [tool], tool_choice: choice, ...more }, model)['tool_choice'];

  test('definitions carry name, description, schema, strictness and cache marks', () => {
    const marked = { ...tool, cache_control: { type: 'ephemeral' } };
    expect(to({ ...ASK, tools: [marked] })['tools']).toEqual([
      {
        name: 'f',
        description: 'd',
        input_schema: schema,
        strict: true,
        cache_control: { type: 'ephemeral' },
      },
    ]);
    expect(to({ ...ASK, tools: [tool] }, OLD)['tools']).toEqual([
      { name: 'f', description: 'd', input_schema: schema },
    ]);
  });

  test('a tool without parameters takes an empty object; the mark of a draft is left out', () => {
    const bare = { type: 'function', function: { name: 'f' } };
    const drafted = { type: 'function', function: { name: 'g', parameters: { $schema: 'x', ...schema } } };
    expect(to({ ...ASK, tools: [bare, drafted] })['tools']).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} } },
      { name: 'g', input_schema: schema },
    ]);
  });

  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
    [undefined, undefined],
  ])('the choice %j is %j', (choice, expected) => {
    expect(choose(choice)).toEqual(expected);
  });

  test('one call at a time needs a choice to say it in', () => {
    const single = { parallel_tool_calls: false };
    expect(choose(undefined, single)).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(choose('required', single)).toEqual({ type: 'any', disable_parallel_tool_use: true });
    expect(choose('none', single)).toEqual({ type: 'none' });
  });

  test('a forced choice gives way to thinking', () => {
    expect(choose('required', { reasoning_effort: 'high' })).toEqual({ type: 'auto' });
    expect(choose('required', { reasoning_effort: 'high' }, OLD), 'which does not think').toEqual({
      type: 'any',
    });
  });

  test('a history of calls brings its tools, not to be called, when the request has none', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const history = [...ASK.messages, { role: 'assistant', tool_calls: [call, { ...call, id: 'd' }] }];
    expect(to({ messages: history })).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'none' },
    });
  });

  test('a choice without tools is left out; functions of the old form are tools', () => {
    expect(to({ ...ASK, tool_choice: 'auto' })).not.toHaveProperty('tool_choice');
    const old = to({ ...ASK, functions: [{ name: 'f', parameters: schema }], function_call: { name: 'f' } });
    expect(old).toMatchObject({
      tools: [{ name: 'f', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'f' },
    });
  });

  test.each([
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ tools: [tool], tool_choice: 'always' }, 'tool_choice'],
    [{ tools: [tool], tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type'],
  ])('%j is refused', (more, field) => {
    expect(refused({ ...ASK, ...more })).toBe(field);
  });
});

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'object', properties: {} } }, required: ['a'] };
  const format = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } };

  test('a schema is an output format, with every object closed', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'object', properties: {}, additionalProperties: false } },
      required: ['a'],
      additionalProperties: false,
    };
    expect(to({ ...ASK, response_format: format })['output_config']).toEqual({
      format: { type: 'json_schema', schema: closed },
    });
  });

  test('for older models it is one forced tool, and they do not think about it', () => {
    const request = to(
      { ...ASK, response_format: format, reasoning_effort: 'high' },
      'claude-sonnet-4-20250514',
    );
    expect(request).toMatchObject({ tool_choice: { type: 'tool', name: 'sluice_structured_answer' } });
    expect(request).not.toHaveProperty('thinking');
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(to({ ...ASK, response_format: format, tools }, OLD)).toMatchObject({
      tool_choice: { type: 'any' },
    });
  });

  test('JSON without a schema is asked for in words; text is what there is anyway', () => {
    expect(to({ ...ASK, response_format: { type: 'json_object' } })['system']).toContain('JSON');
    expect(to({ ...ASK, response_format: { type: 'text' } })).toEqual(to(ASK));
    expect(refused({ ...ASK, response_format: { type: 'grammar' } })).toBe('response_format.type');
  });
});

describe('limits and sampling', () => {
  test.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6, max_tokens: 5 }, 6],
    [{ max_tokens: null }, 4096],
  ])('%j', (more, limit) => {
    expect(to({ ...ASK, ...more })['max_tokens']).toBe(limit);
  });

  test('sampling is clamped, halved or left out, as the model takes it', () => {
    const sampling = { temperature: 1.5, top_p: 0.5, top_k: 10 };
    expect(to({ ...ASK, ...sampling }, OLD)).toMatchObject({ temperature: 1, top_p: 0.5, top_k: 10 });
    const one = to({ ...ASK, ...sampling }, BUDGET);
    expect([one['temperature'], one['top_p']]).toEqual([1, undefined]);
    expect(to({ ...ASK, top_p: 0.5 }, BUDGET)['top_p']).toBe(0.5);
    expect(to({ ...ASK, ...sampling }, NEW)).toEqual(to(ASK));
  });

  test('stop is a list without blank texts', () => {
    expect(to({ ...ASK, stop: 'END' })['stop_sequences']).toEqual(['END']);
    expect(to({ ...ASK, stop: ['\n', 'a', 'b'] })['stop_sequences']).toEqual(['a', 'b']);
    expect(to({ ...ASK, stop: ' ' })).toEqual(to(ASK));
  });

  test('labels: the user, the service tier, and automatic caching', () => {
    const mark = { type: 'ephemeral', ttl: '1h' };
    expect(to({ ...ASK, user: 'u', service_tier: 'default', cache_control: mark, stream: true })).toEqual({
      ...to(ASK),
      metadata: { user_id: 'u' },
      service_tier: 'standard_only',
      cache_control: mark,
      stream: true,
    });
    expect(to({ ...ASK, safety_identifier: 's', user: 'u' })['metadata']).toEqual({ user_id: 's' });
    expect(to({ ...ASK, metadata: { user_id: 'm', other: 'x' } })['metadata']).toEqual({ user_id: 'm' });
  });

  test.each([
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ logit_bias: { '50256': -100 } }, 'logit_bias'],
    [{ presence_penalty: 0.5 }, 'presence_penalty'],
    [{ frequency_penalty: 0.5 }, 'frequency_penalty'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ audio: { voice: 'x' } }, 'audio'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ guided_json: {} }, 'guided_json'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stop: [1] }, 'stop[0]'],
  ])('%j is refused by the name of the field', (more, field) => {
    expect(refused({ ...ASK, ...more })).toBe(field);
  });

  test('what asks for nothing, or for what cannot be relied on, is left out', () => {
    const nothing = {
      n: 1,
      logprobs: false,
      top_logprobs: null,
      logit_bias: {},
      presence_penalty: 0,
      modalities: ['text'],
    };
    const hints = {
      seed: 7,
      store: true,
      prompt_cache_key: 'k',
      verbosity: 'low',
      stream_options: { include_usage: true },
    };
    expect(to({ ...ASK, ...nothing, ...hints })).toEqual(to(ASK));
  });
});

describe.each(['words', 'commit 4e12ab', 'order 123456789012345678'])('with %j in the prompt', (content) => {
  const read = (fields: string): Record<string, unknown> =>
    toAnthropicRequest(Buffer.from(`{${fields},"messages":[{"role":"user","content":"${content}"}]}`), NEW);

  test.each(['"presence_penalty":0.0', '"frequency_penalty":-0.0', '"top_logprobs":0.0', '"n":1.0'])(
    '%s asks for nothing, however it is written',
    (field) => {
      expect(read(field)).toMatchObject({ messages: [{ role: 'user', content }] });
    },
  );

  test('a number that no double holds is refused as a number where an object is wanted', () => {
    expect(() => read('"response_format":12345678901234567890')).toThrow('must be an object, not a number.');
  });
});

test('equal requests give equal bytes, whatever the order of their keys: prompt caches compare them', () => {
  const one = {
    messages: ASK.messages,
    temperature: 0.1,
    tools: [{ type: 'function', function: { name: 'f' } }],
  };
  const other = Object.fromEntries(Object.entries(one).reverse());
  expect(JSON.stringify(to(one, OLD))).toBe(JSON.stringify(to(other, OLD)));
});

test('a refused field of any length is named in a few words', () => {
  const refusal = refused({ ...ASK, [`long_${'x'.repeat(100_000)}`]: 1 });
  expect(refusal.length).toBeLessThan(200);
  expect(refusal.startsWith('long_xxx')).toBe(true);
});
