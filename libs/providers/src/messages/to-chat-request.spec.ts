import { describe, expect, test } from 'vitest';
import { aProvider } from '../__fixtures__/requests.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
import { toChatRequest } from './to-chat-request.js';

const COMPATIBLE = aProvider();
const OPENAI = aProvider({ type: 'openai' });
const ASK = { max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] };

const to = (request: object, provider = COMPATIBLE): Record<string, unknown> =>
  // What goes up is what its JSON says.
  JSON.parse(
    JSON.stringify(
      toChatRequest(Buffer.from(JSON.stringify({ model: 'm', ...request })), provider, 'their-model'),
    ),
  ) as Record<string, unknown>;
const messages = (...list: object[]): unknown => to({ messages: list })['messages'];

function refused(request: object): string {
  try {
    to(request);
  } catch (error) {
    if (error instanceof TranslationRefusal) return error.field;
    throw error;
  }
  throw new Error('it was not refused');
}

test('a plain question, for a look-alike and for OpenAI itself', () => {
  const base = { model: 'their-model', messages: ASK.messages };
  expect(to(ASK)).toEqual({ ...base, max_tokens: 100 });
  expect(to(ASK, OPENAI)).toEqual({ ...base, max_completion_tokens: 100 });
});

test('a stream asks for its usage, unless the server refuses that', () => {
  expect(to({ ...ASK, stream: true })).toMatchObject({
    stream: true,
    stream_options: { include_usage: true },
  });
  const plain = aProvider({ quirks: { streamOptions: false } });
  expect(to({ ...ASK, stream: true }, plain)).not.toHaveProperty('stream_options');
});

describe('the conversation', () => {
  test('system text is the first message, cache marks are left out', () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    expect(to({ ...ASK, system: 'A' })['messages']).toEqual([
      { role: 'system', content: 'A' },
      ...ASK.messages,
    ]);
    const blocks = [
      { type: 'text', text: 'A', ...mark },
      { type: 'text', text: 'B' },
    ];
    expect(to({ ...ASK, system: blocks })['messages']).toMatchObject([
      { role: 'system', content: 'A\n\nB' },
      {},
    ]);
  });

  test('calls and results become calls and tool messages, results first, their images in the user message', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    expect(
      messages(
        { role: 'user', content: 'q' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'x', signature: 's' },
            { type: 'redacted_thinking', data: 'd' },
            { type: 'text', text: 'Wait.' },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 'ü' } },
            { type: 'tool_use', id: 'toolu_2', name: 'g', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'and?' },
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '1' }, image] },
            { type: 'tool_result', tool_use_id: 'toolu_2', is_error: true },
          ],
        },
      ),
    ).toEqual([
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: 'Wait.',
        tool_calls: [
          { id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":"ü"}' } },
          { id: 'toolu_2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_1', content: '1' },
      { role: 'tool', tool_call_id: 'toolu_2', content: 'error' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ]);
  });

  test('neighbours of one role are one turn: every result follows the calls at once', () => {
    const use = (id: string): object => ({ type: 'tool_use', id, name: 'f', input: {} });
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const called = (id: string): object => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    });
    expect(
      messages(
        { role: 'user', content: 'q' },
        { role: 'assistant', content: [use('a')] },
        { role: 'assistant', content: [use('b')] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [image] }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: 'B' }] },
        { role: 'user', content: 'and?' },
      ),
    ).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: null, tool_calls: [called('a'), called('b')] },
      { role: 'tool', tool_call_id: 'a', content: '' },
      { role: 'tool', tool_call_id: 'b', content: 'B' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'text', text: 'and?' },
        ],
      },
    ]);
  });

  test('texts of neighbours stay apart, and a turn of nothing but thinking parts nobody', () => {
    const thought = { type: 'thinking', thinking: 'x', signature: 's' };
    expect(
      messages(
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [thought] },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
        { role: 'assistant', content: 'd' },
      ),
    ).toEqual([
      { role: 'user', content: 'a\n\nb' },
      { role: 'assistant', content: 'c\n\nd' },
    ]);
    expect(refused({ messages: [ASK.messages[0], { role: 'user', content: [{ type: 'video' }] }] })).toBe(
      'messages.1.content.0.type',
    );
  });

  test('a turn of very many blocks is one all the same', () => {
    const content = Array.from({ length: 200_000 }, () => ({ type: 'text', text: 'a' }));
    const told = messages({ role: 'user', content }, { role: 'user', content: 'b' });
    expect(told).toMatchObject([{ role: 'user', content: expect.stringMatching(/^(a\n\n)+b$/) as string }]);
  });

  test('documents are files or text; search results are text', () => {
    const sources = [
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'T' } },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'C' }] } },
      {
        type: 'search_result',
        title: 'S',
        source: 'https://example.com',
        content: [{ type: 'text', text: 'found' }],
      },
    ];
    expect(messages({ role: 'user', content: sources })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
          { type: 'text', text: 'T' },
          { type: 'text', text: 'C' },
          { type: 'text', text: 'S\nhttps://example.com\nfound' },
        ],
      },
    ]);
  });

  test("blocks of another provider's own tools are left out of the history", () => {
    expect(
      messages(
        { role: 'user', content: 'q' },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
            { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ),
    ).toMatchObject([{}, { role: 'assistant', content: 'ab' }]);
  });

  test.each([
    [{ messages: {} }, 'messages'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role'],
    [{ messages: [{ role: 'user', content: null }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: [{ type: 'video' }] }] }, 'messages.0.content.0.type'],
    [{ messages: [{ role: 'user', content: [{ type: 'toString' }] }] }, 'messages.0.content.0.type'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
      'messages.0.content.0.source.type',
    ],
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'document', source: { type: 'url', url: 'https://x' } }] },
        ],
      },
      'messages.0.content.0.source.type',
    ],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_result', tool_use_id: 'x' }] }] },
      'messages.0.content',
    ],
    [{ ...ASK, system: [{ type: 'image', source: { type: 'url', url: 'https://x' } }] }, 'system'],
  ])('%j is refused by the name of the field', (request, field) => {
    expect(refused(request)).toBe(field);
  });
});

describe('tools', () => {
  const tool = { name: 'f', description: 'd', input_schema: { type: 'object', properties: {} } };
  const choose = (choice: object): Record<string, unknown> =>
    to({ ...ASK, tools: [tool], tool_choice: choice });

  test('definitions', () => {
    expect(
      to({
        ...ASK,
        tools: [{ ...tool, cache_control: { type: 'ephemeral' }, type: 'custom' }],
      })['tools'],
    ).toEqual([
      { type: 'function', function: { name: 'f', description: 'd', parameters: tool.input_schema } },
    ]);
    expect(refused({ ...ASK, tools: [{ type: 'web_search_20250305', name: 'web_search' }] })).toBe(
      'tools.0.type',
    );
  });

  test('a tool is strict where OpenAI would take it as strict: it wants all properties required', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
      additionalProperties: false,
    };
    const strictness = (schema: object): unknown =>
      to({ ...ASK, tools: [{ name: 'f', strict: true, input_schema: schema }] })['tools'];
    const told = (parameters: object, more: object): object[] => [
      { type: 'function', function: { name: 'f', parameters, ...more } },
    ];
    expect(strictness(closed)).toEqual(told(closed, { strict: true }));
    const optional = { ...closed, required: ['a'] };
    expect(strictness(optional)).toEqual(told(optional, {}));
  });

  test.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
  ])('the choice %j', (choice, expected) => {
    expect(choose(choice)['tool_choice']).toEqual(expected);
  });

  test('one call at a time', () => {
    expect(choose({ type: 'auto', disable_parallel_tool_use: true })).toMatchObject({
      tool_choice: 'auto',
      parallel_tool_calls: false,
    });
    expect(to({ ...ASK, tool_choice: { type: 'auto' } }), 'a choice without tools').toEqual(to(ASK));
  });
});

describe('the rest', () => {
  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 10000 } }, 'high'],
    [{ thinking: { type: 'enabled', budget_tokens: 99999 } }, 'max'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, 'xhigh'],
    [{ thinking: { type: 'adaptive' } }, undefined],
    [{ output_config: { effort: 'high' } }, undefined],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, undefined],
  ])('%j is the effort %s', (more, effort) => {
    expect(to({ ...ASK, ...more })['reasoning_effort']).toBe(effort);
  });

  test('sampling and stops', () => {
    expect(to({ ...ASK, temperature: 0.3, top_p: 0.9, top_k: 5, stop_sequences: ['a'] })).toEqual({
      ...to(ASK),
      temperature: 0.3,
      top_p: 0.9,
      stop: ['a'],
    });
  });

  test('a schema is strict where OpenAI would take it as strict', () => {
    const strict = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const format = (schema: object): unknown =>
      (
        to({ ...ASK, output_config: { format: { type: 'json_schema', schema } } })['response_format'] as {
          json_schema: unknown;
        }
      ).json_schema;
    expect(format(strict)).toEqual({ name: 'answer', schema: strict, strict: true });
    const open = { ...strict, required: [] };
    expect(format(open)).toEqual({ name: 'answer', schema: open });
  });

  test('the user is told to OpenAI only, since look-alikes refuse fields that they do not know', () => {
    expect(to({ ...ASK, metadata: { user_id: 'u' } }, OPENAI)['user']).toBe('u');
    expect(to({ ...ASK, metadata: { user_id: 'u' } })).toEqual(to(ASK));
  });

  test('fields that nobody here knows are no reason to refuse', () => {
    const hints = {
      context_management: { edits: [] },
      container: 'c',
      mcp_servers: [],
      speed: 'fast',
      diagnostics: {},
      service_tier: 'auto',
    };
    expect(to({ ...ASK, ...hints })).toEqual(to(ASK));
  });
});
