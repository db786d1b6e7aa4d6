// A request of Anthropic's dialect in OpenAI's: what a client of the other kind would have asked. Written for the suite and
// without the gateway's code, so that the two can be held against each other.
import type { JsonRecord } from './recorded-case.js';
import { numberIn, recordIn, recordsOf, textIn } from './told.js';

/** A request that says the same in another dialect. */
export interface Reworded {
  readonly body: JsonRecord;
  /** What the other dialect has no words for; left out of the body. */
  readonly unsaid: readonly string[];
}

/** Never throws for what was recorded. */
export function requestInChat(request: JsonRecord): Reworded {
  const tools = recordsOf(request['tools']);
  const custom = tools.filter(isCustom);
  const format = recordIn(recordIn(request['output_config'])['format']);
  const thinking = recordIn(request['thinking'])['type'];
  const stop = request['stop_sequences'];
  const body: JsonRecord = {
    model: request['model'],
    messages: [...systemOf(request['system']), ...recordsOf(request['messages']).flatMap(messagesOf)],
    ...(request['max_tokens'] === undefined ? {} : { max_completion_tokens: request['max_tokens'] }),
    ...(request['temperature'] === undefined ? {} : { temperature: request['temperature'] }),
    ...(stop === undefined ? {} : { stop }),
    ...(custom.length === 0
      ? {}
      : { tools: custom.map(toolOf), ...choiceOf(recordIn(request['tool_choice'])) }),
    ...(format['type'] === 'json_schema'
      ? {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', schema: format['schema'] },
          },
        }
      : {}),
    ...(thinking === 'enabled' || thinking === 'adaptive' ? { reasoning_effort: 'low' } : {}),
    ...(request['stream'] === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  const unsaid = [
    ...tools.filter((tool) => !isCustom(tool)).map((tool) => `tools: ${textIn(tool['type'])}`),
    ...(request['cache_control'] === undefined ? [] : ['cache_control']),
  ];
  return { body, unsaid };
}

const isCustom = (tool: JsonRecord): boolean => (tool['type'] ?? 'custom') === 'custom';

function systemOf(system: unknown): JsonRecord[] {
  const text = textOf(system, '\n\n');
  return text === '' ? [] : [{ role: 'system', content: text }];
}

const textOf = (content: unknown, between: string): string =>
  typeof content === 'string'
    ? content
    : recordsOf(content)
        .filter(({ type }) => type === 'text')
        .map(({ text }) => textIn(text))
        .join(between);

/** Results first: each is a message of its own, and all follow their calls at once. */
function messagesOf(message: JsonRecord): JsonRecord[] {
  const content =
    typeof message['content'] === 'string'
      ? [{ type: 'text', text: message['content'] }]
      : recordsOf(message['content']);
  const calls = content.filter(({ type }) => type === 'tool_use');
  const results = content
    .filter(({ type }) => type === 'tool_result')
    .map((block) => ({
      role: 'tool',
      tool_call_id: block['tool_use_id'],
      content: textOf(block['content'], '\n'),
    }));
  const parts = content.flatMap(partOf);
  if (message['role'] !== 'assistant') {
    return parts.length === 0 ? results : [...results, { role: message['role'], content: parts }];
  }
  const toolCalls = calls.map((call) => ({
    id: call['id'],
    type: 'function',
    function: { name: call['name'], arguments: JSON.stringify(call['input']) },
  }));
  const text = textOf(content, '');
  if (text === '' && toolCalls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    },
  ];
}

function partOf(block: JsonRecord): JsonRecord[] {
  const source = recordIn(block['source']);
  const data = `data:${textIn(source['media_type'])};base64,${textIn(source['data'])}`;
  const isData = source['type'] === 'base64';
  if (block['type'] === 'text') return [{ type: 'text', text: block['text'] }];
  if (block['type'] === 'image') {
    return [{ type: 'image_url', image_url: { url: isData ? data : source['url'] } }];
  }
  if (block['type'] === 'document') {
    return [{ type: 'file', file: { file_data: isData ? data : source['url'], filename: 'document.pdf' } }];
  }
  return [];
}

const toolOf = (tool: JsonRecord): JsonRecord => ({
  type: 'function',
  function: {
    name: tool['name'],
    ...(tool['description'] === undefined ? {} : { description: tool['description'] }),
    parameters: tool['input_schema'],
  },
});

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', any: 'required', none: 'none' };

function choiceOf(choice: JsonRecord): JsonRecord {
  const type = textIn(choice['type']);
  const parallel = choice['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {};
  if (type === '') return {};
  if (type !== 'tool') return { tool_choice: CHOICES[type], ...parallel };
  return { tool_choice: { type: 'function', function: { name: choice['name'] } }, ...parallel };
}

/** The limit of a chat request under either of its names. */
export const limitIn = (body: JsonRecord): number =>
  numberIn(body['max_completion_tokens']) || numberIn(body['max_tokens']);
