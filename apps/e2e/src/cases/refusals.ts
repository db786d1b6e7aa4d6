// What one dialect asks and the other has no words for: such a request is 400 and names the field. Written after the
// vendors' documentation and without the gateway's code.
import { expect } from 'vitest';
import { checkError, jsonOf } from './check-error.js';
import type { ClientDialect } from './client-dialect.js';
import type { RawAnswer } from './post.js';
import type { JsonRecord } from './recorded-case.js';
import { recordIn, recordsOf, textIn } from './told.js';

/** Fields of a chat request that Anthropic has an equal for, or that ask for nothing that a caller relies on. */
const SAYABLE = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature'],
  ...[
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'user',
    'metadata',
  ],
  ...[
    'reasoning_effort',
    'reasoning',
    'thinking',
    'enable_thinking',
    'service_tier',
    'seed',
    'store',
    'verbosity',
  ],
  ...[
    'prediction',
    'prompt_cache_key',
    'prompt_cache_retention',
    'prompt_cache_options',
    'include_reasoning',
  ],
]);

/** The field that keeps a request of this dialect from being asked of a provider of the other; null: all of it can be. */
export const unsayableIn = (dialect: ClientDialect, body: JsonRecord): string | null =>
  dialect === 'chat' ? unsayableChat(body) : unsayableMessages(body);

/** Checks the refusal. */
export function checkRefusal(client: ClientDialect, answer: RawAnswer, field: string): void {
  const wanted = { status: 400, code: 'invalid_request', type: 'invalid_request_error' };
  // Each dialect writes places in its own way.
  const place = client === 'chat' ? field.replaceAll(/\.(\d+)/g, '[$1]') : field;
  expect(checkError(client, answer, wanted)).toContain(place);
  const { param } = recordIn(jsonOf(answer.body)['error']);
  if (client === 'chat') expect(textIn(param).startsWith(place)).toBe(true);
}

function unsayableChat(body: JsonRecord): string | null {
  for (const [field, value] of Object.entries(body)) {
    if (SAYABLE.has(field) || value === null) continue;
    const asksNothing = value === false || value === 0 || (field === 'n' && value === 1);
    if (!asksNothing) return field;
  }
  return firstField(recordsOf(body['messages']), 'messages', (message, at) =>
    firstField(recordsOf(message['content']), `${at}.content`, (part, place) => {
      const file = recordIn(part['file']);
      const data = file['file_data'];
      const isAddress = typeof data === 'string' && !data.startsWith('data:') && !/^https?:/.test(data);
      if (part['type'] === 'file' && (data === undefined || isAddress)) return place;
      return part['type'] === 'input_audio' ? place : null;
    }),
  );
}

function unsayableMessages(body: JsonRecord): string | null {
  const tool = firstField(recordsOf(body['tools']), 'tools', (one, at) =>
    (one['type'] ?? 'custom') === 'custom' ? null : `${at}.type`,
  );
  const block = firstField(recordsOf(body['messages']), 'messages', (message, at) =>
    firstField(recordsOf(message['content']), `${at}.content`, (one, place) => {
      const source = textIn(recordIn(one['source'])['type']);
      if (one['type'] === 'document' && (source === 'url' || source === 'file')) return `${place}.source`;
      return one['type'] === 'image' && source === 'file' ? `${place}.source` : null;
    }),
  );
  return block ?? tool;
}

function firstField(
  items: readonly JsonRecord[],
  field: string,
  find: (item: JsonRecord, at: string) => string | null,
): string | null {
  for (const [index, item] of items.entries()) {
    const found = find(item, `${field}.${index}`);
    if (found !== null) return found;
  }
  return null;
}
