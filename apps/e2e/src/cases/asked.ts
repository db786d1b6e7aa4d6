// What a request asks, whatever its dialect: compared between what a client sent and what its provider was sent.
import type { ClientDialect } from './client-dialect.js';
import type { JsonRecord } from './recorded-case.js';
import { limitIn, requestInChat } from './request-in-chat.js';
import { parseArguments, recordIn, recordsOf, textIn } from './told.js';

export interface Asked {
  readonly system: string;
  /** In order: who said what; neighbouring texts of one speaker are one, without blanks. */
  readonly said: readonly (readonly [what: string, value: unknown, more?: unknown])[];
  readonly tools: readonly unknown[];
  readonly choice: unknown;
  readonly isSerial: boolean;
  readonly stop: readonly unknown[];
  /** The properties that the answer is to have, `json` for any; null where any text will do. */
  readonly format: unknown;
  readonly isStream: boolean;
  /** 0 when there is none. */
  readonly limit: number;
}

/** Reads a request; Anthropic's by way of OpenAI's words for the same. */
export function askedIn(dialect: ClientDialect, body: JsonRecord): Asked {
  const request = dialect === 'chat' ? body : requestInChat(body).body;
  const messages = recordsOf(request['messages']);
  const tools = recordsOf(request['tools']).map((tool) => recordIn(tool['function']));
  const { tool_choice: choice, stop, response_format: format } = request;
  const schema = recordIn(recordIn(recordIn(format)['json_schema'])['schema']);
  return {
    system: messages
      .filter(isSystem)
      .map(({ content }) => squash(textOf(content)))
      .join(''),
    said: saidIn(messages.filter((message) => !isSystem(message))),
    tools: tools.map(({ name, description, parameters }) => [
      name,
      description ?? null,
      recordIn(parameters)['properties'] ?? {},
    ]),
    choice: recordIn(recordIn(choice)['function'])['name'] ?? (tools.length === 0 ? null : choiceOf(choice)),
    isSerial: request['parallel_tool_calls'] === false,
    stop: typeof stop === 'string' ? [stop] : Array.isArray(stop) ? stop : [],
    format: formatOf(textIn(recordIn(format)['type']), schema),
    isStream: request['stream'] === true,
    limit: limitIn(request),
  };
}

/** Mistral says `any`. */
const choiceOf = (choice: unknown): unknown => (choice === 'any' ? 'required' : (choice ?? 'auto'));

function formatOf(type: string, schema: JsonRecord): unknown {
  if (type === 'json_object') return 'json';
  return type === 'json_schema' ? (schema['properties'] ?? {}) : null;
}

const isSystem = ({ role }: JsonRecord): boolean => role === 'system' || role === 'developer';
const squash = (text: string): string => text.replace(/\s+/g, '');

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : recordsOf(content)
        .map(({ text }) => textIn(text))
        .join('');

function saidIn(messages: readonly JsonRecord[]): Asked['said'] {
  const names = new Map<unknown, unknown>();
  const said: [string, unknown, unknown?][] = [];
  for (const message of messages) {
    const role = textIn(message['role']);
    if (role === 'tool') {
      said.push(['result', names.get(message['tool_call_id']), squash(textOf(message['content']))]);
      continue;
    }
    const content = message['content'];
    const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : recordsOf(content);
    for (const part of parts) sayPart(said, role, part);
    for (const call of recordsOf(message['tool_calls'])) {
      const { name, arguments: args } = recordIn(call['function']);
      names.set(call['id'], name);
      said.push(['call', name, parseArguments(textIn(args))]);
    }
  }
  return said;
}

/** The media type is the client's guess, and a gateway may know better. */
const dataIn = (address: string): string => address.replace(/^data:[^,]*,/, '');

function sayPart(said: [string, unknown, unknown?][], role: string, part: JsonRecord): void {
  const image = recordIn(part['image_url'])['url'] ?? part['image_url'];
  const file = recordIn(part['file'])['file_data'];
  if (part['type'] !== 'text') {
    if (image !== undefined || file !== undefined)
      said.push([textIn(part['type']), dataIn(textIn(image ?? file))]);
    return;
  }
  const text = squash(textIn(part['text']));
  const last = said.at(-1);
  if (text === '') return;
  if (last?.[0] === role) last[1] = textIn(last[1]) + text;
  else said.push([role, text]);
}
