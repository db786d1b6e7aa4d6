// A request of OpenAI's dialect in Anthropic's: what a client of the other kind would have asked. Written for the suite and
// without the gateway's code, so that the two can be held against each other.
import type { JsonRecord } from './recorded-case.js';
import { limitIn, type Reworded } from './request-in-chat.js';
import { parseArguments, recordIn, recordsOf, textIn } from './told.js';

/** The dialect demands a limit; recordings that have none get this one. */
const LIMIT = 1024;
/** What is said, in whatever words; all else has none here. */
const SAID = new Set([
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'top_k', 'stop'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'response_format', 'reasoning_effort', 'stream'],
  'stream_options',
]);

/** Never throws for what was recorded. */
export function requestInMessages(request: JsonRecord): Reworded {
  const messages = recordsOf(request['messages']);
  const system = messages.filter(isSystem).map(({ content }) => textOf(content));
  const format = recordIn(request['response_format']);
  const stop = request['stop'];
  const body: JsonRecord = {
    model: request['model'],
    max_tokens: limitIn(request) || LIMIT,
    ...(system.length === 0 ? {} : { system: system.join('\n\n') }),
    messages: turnsOf(messages.filter((message) => !isSystem(message))),
    ...Object.fromEntries(
      ['temperature', 'top_p', 'top_k'].flatMap((name) =>
        name in request ? [[name, request[name]] as const] : [],
      ),
    ),
    ...(stop === undefined ? {} : { stop_sequences: typeof stop === 'string' ? [stop] : stop }),
    ...(request['tools'] === undefined ? {} : { tools: recordsOf(request['tools']).map(toolOf) }),
    ...choiceOf(request),
    ...(format['type'] === 'json_schema'
      ? {
          output_config: {
            format: { type: 'json_schema', schema: recordIn(format['json_schema'])['schema'] },
          },
        }
      : {}),
    ...(request['stream'] === true ? { stream: true } : {}),
  };
  const unsaid = Object.keys(request).filter((name) => !SAID.has(name));
  return { body, unsaid: format['type'] === 'json_object' ? [...unsaid, 'response_format'] : unsaid };
}

const isSystem = ({ role }: JsonRecord): boolean => role === 'system' || role === 'developer';

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : recordsOf(content)
        .map(({ text }) => textIn(text))
        .join('');

/** Neighbours of one role are one turn, so that all results of a turn stand together. */
function turnsOf(messages: readonly JsonRecord[]): JsonRecord[] {
  const turns: { role: string; content: JsonRecord[] }[] = [];
  for (const message of messages) {
    const role = message['role'] === 'assistant' ? 'assistant' : 'user';
    const content = blocksOf(message);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) turns.push({ role, content });
  }
  // The dialect begins with the user.
  return turns[0]?.role === 'assistant' ? [{ role: 'user', content: 'Begin' }, ...turns] : turns;
}

function blocksOf(message: JsonRecord): JsonRecord[] {
  const { content } = message;
  if (message['role'] === 'tool') {
    return [{ type: 'tool_result', tool_use_id: message['tool_call_id'], content: textOf(content) }];
  }
  const said =
    typeof content === 'string' ? [{ type: 'text', text: content }] : recordsOf(content).flatMap(blockOf);
  const calls = recordsOf(message['tool_calls']).map((call) => ({
    type: 'tool_use',
    id: call['id'],
    name: recordIn(call['function'])['name'],
    input: parseArguments(textIn(recordIn(call['function'])['arguments'])),
  }));
  return [
    ...said.filter((block) => block['type'] !== 'text' || textIn(block['text']).trim() !== ''),
    ...calls,
  ];
}

function blockOf(part: JsonRecord): JsonRecord[] {
  if (part['type'] === 'text') return [{ type: 'text', text: part['text'] }];
  const image = part['image_url'];
  if (part['type'] === 'image_url') {
    return [
      { type: 'image', source: sourceOf(typeof image === 'string' ? image : textIn(recordIn(image)['url'])) },
    ];
  }
  if (part['type'] === 'file') {
    return [{ type: 'document', source: sourceOf(textIn(recordIn(part['file'])['file_data'])) }];
  }
  return [];
}

function sourceOf(address: string): JsonRecord {
  const data = /^data:([^;,]+);base64,(.*)$/s.exec(address);
  return data === null
    ? { type: 'url', url: address }
    : { type: 'base64', media_type: data[1], data: data[2] };
}

function toolOf(tool: JsonRecord): JsonRecord {
  const { name, description, parameters } = recordIn(tool['function']);
  return {
    name,
    ...(description === undefined || description === null ? {} : { description }),
    input_schema: { type: 'object', ...recordIn(parameters) },
  };
}

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', required: 'any', any: 'any', none: 'none' };

function choiceOf(request: JsonRecord): JsonRecord {
  const choice = request['tool_choice'];
  const parallel = request['parallel_tool_calls'] === false ? { disable_parallel_tool_use: true } : {};
  if (typeof choice === 'string') return { tool_choice: { type: CHOICES[choice], ...parallel } };
  const named = recordIn(recordIn(choice)['function'])['name'];
  return named === undefined ? {} : { tool_choice: { type: 'tool', name: named, ...parallel } };
}
