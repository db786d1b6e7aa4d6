import { describe, expect, test } from 'vitest';
import { ASK, messages, NEW, refused, to } from './__fixtures__/translated-request.js';
import { toAnthropicRequest } from './to-anthropic-request.js';

describe('the conversation', () => {
  test('a plain question is the least that can be sent', () => {
    expect(to(ASK)).toEqual({ model: NEW, max_tokens: 4096, messages: [{ role: 'user', content: 'Hi' }] });
  });

  test('system and developer text is hoisted, in order, wherever it stands', () => {
    const request = to({
      messages: [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'q', name: 'ann' },
        { role: 'developer', content: [{ type: 'text', text: 'B' }] },
      ],
    });
    expect(request).toMatchObject({ system: 'A\n\nB', messages: [{ role: 'user', content: 'q' }] });
  });

  test('system text with a cache mark stays in blocks', () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    const system = [{ type: 'text', text: 'A', ...mark }];
    expect(to({ messages: [{ role: 'system', content: system }, ...ASK.messages] })['system']).toEqual(
      system,
    );
  });

  test('neighbours of one role are merged, blank texts dropped', () => {
    expect(
      messages(
        { role: 'user', content: 'a' },
        {
          role: 'user',
          content: [
            { type: 'text', text: ' \n' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'assistant', content: 'c' },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'd' },
      ),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'd' },
    ]);
  });

  test("all results of one turn's calls stand in one user message, before any text", () => {
    const call = (id: string): object => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{"a":1}' },
    });
    expect(
      messages(
        { role: 'user', content: 'q' },
        { role: 'assistant', content: null, tool_calls: [call('call_1'), call('call_2')] },
        { role: 'tool', tool_call_id: 'call_1', content: '1' },
        { role: 'user', content: 'and?' },
        { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: '2' }] },
      ),
    ).toEqual([
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: ['call_1', 'call_2'].map((id) => ({ type: 'tool_use', id, name: 'f', input: { a: 1 } })),
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: '1' },
          { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: '2' }] },
          { type: 'text', text: 'and?' },
        ],
      },
    ]);
  });

  test('calls and results of the old form are paired in order', () => {
    const list = messages(
      { role: 'user', content: 'q' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '1' },
    ) as { content: { id?: string; tool_use_id?: string }[] }[];
    expect(list[1]?.content[0]?.id).toBe(list[2]?.content[0]?.tool_use_id);
  });

  test('foreign call ids are mapped so that pairs still match', () => {
    const id = 'call:weird/id.with=everything';
    const list = messages(
      { role: 'user', content: 'q' },
      { role: 'assistant', tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '' } }] },
      { role: 'tool', tool_call_id: id, content: '1' },
    ) as { content: { id?: string; tool_use_id?: string }[] }[];
    expect(list[1]?.content[0]?.id).toMatch(/^toolu_[0-9a-f]{24}$/);
    expect(list[1]?.content[0]?.id).toBe(list[2]?.content[0]?.tool_use_id);
  });

  test.each([
    ['{"a":', { raw_arguments: '{"a":' }],
    ['[1]', { raw_arguments: '[1]' }],
    ['', {}],
    ['null', {}],
    ['{"a":12345678901234567890}', '{"a":12345678901234567890}'],
  ])('arguments %j become an object and lose nothing', (args, input) => {
    const bytes = Buffer.from(
      JSON.stringify({
        messages: [
          { role: 'user', content: 'q' },
          { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: args } }] },
        ],
      }),
    );
    const text = JSON.stringify(toAnthropicRequest(bytes, NEW));
    expect(text).toContain(`"input":${typeof input === 'string' ? input : JSON.stringify(input)}`);
  });

  test('the first turn is the user’s, and a beginning of the answer does not end in white space', () => {
    expect(messages({ role: 'assistant', content: 'Hello' }, { role: 'user', content: 'x' })).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'x' },
    ]);
    expect(messages(...ASK.messages, { role: 'assistant', content: 'So \n' })).toMatchObject([
      {},
      { role: 'assistant', content: 'So' },
    ]);
    expect(to({ messages: [{ role: 'system', content: 'Say hi' }] })).toMatchObject({
      messages: [{ role: 'user', content: 'Say hi' }],
    });
  });

  test.each([
    [{ messages: 1 }, 'messages'],
    [{ messages: [1] }, 'messages[0]'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: '__proto__', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'user', content: [{ type: 'constructor' }] }] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'messages[0].audio'],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ type: 'custom', id: 'c' }] }] },
      'messages[0].tool_calls[0].type',
    ],
  ])('%j is refused by the name of the field', (request, field) => {
    expect(refused(request)).toBe(field);
  });
});

describe('images and documents', () => {
  const PNG = Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1').toString('base64');
  const part = (url: unknown): unknown =>
    (
      messages({ role: 'user', content: [{ type: 'image_url', image_url: url }] }) as { content: unknown[] }[]
    )[0]?.content[0];

  test('an address stays one: nobody here fetches it', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    expect(part({ url: 'https://example.com/a.png', detail: 'high' })).toEqual(image);
    expect(part('https://example.com/a.png')).toEqual(image);
  });

  test('a data URI is taken apart, and its type is what the bytes say', () => {
    expect(part({ url: `data:image/jpeg;base64,${PNG}` })).toEqual({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: PNG },
    });
  });

  test('a PDF, a text and an address are documents', () => {
    const file = (data: string): unknown =>
      (
        messages({ role: 'user', content: [{ type: 'file', file: { filename: 'a', file_data: data } }] }) as {
          content: unknown[];
        }[]
      )[0]?.content[0];
    const document = (source: object): object => ({ type: 'document', title: 'a', source });
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' };
    expect(file('data:application/pdf;base64,JVBERg==')).toEqual(document(pdf));
    expect(file('JVBERg==')).toEqual(document(pdf));
    expect(file('data:text/csv;base64,YSxi')).toEqual(
      document({ type: 'text', media_type: 'text/plain', data: 'a,b' }),
    );
    expect(file('https://example.com/a.pdf')).toEqual(
      document({ type: 'url', url: 'https://example.com/a.pdf' }),
    );
  });

  test.each([
    [{ type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,AAAA' } }, 'image_url.url'],
    [{ type: 'image_url', image_url: { url: 'ftp://example.com/a.png' } }, 'image_url.url'],
    [{ type: 'image_url', image_url: {} }, 'image_url.url'],
    [{ type: 'file', file: { file_id: 'file-1' } }, 'file.file_data'],
    [{ type: 'file', file: { file_data: 'data:video/mp4;base64,AAAA' } }, 'file.file_data'],
  ])('%j is refused', (item, field) => {
    expect(refused({ messages: [{ role: 'user', content: [item] }] })).toBe(
      `messages[0].content[0].${field}`,
    );
  });
});
