// What a recorded answer says, read from its bytes without any of the code under test.
import type { RecordedCase } from './recorded-case.js';

/** Text and the arguments of all calls, as JSON values. */
export interface Words {
  readonly text: string;
  readonly args: readonly unknown[];
}

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
const parseArgs = (text: string): unknown => (text.trim() === '' ? {} : (JSON.parse(text) as unknown));

/** The documents of a stream's data lines. */
const eventsOf = (body: string): Json[] =>
  body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && line.slice(5).trim() !== '[DONE]')
    .map((line) => JSON.parse(line.slice(5)) as Json);

export function anthropicWords(recorded: RecordedCase): Words {
  const { body } = recorded.upstream;
  if (!recorded.stream) {
    const blocks = listOf((JSON.parse(body) as Json)['content']);
    return {
      text: blocks.map((block) => textIn(block['text'])).join(''),
      args: blocks.filter((block) => block['type'] === 'tool_use').map((block) => block['input']),
    };
  }
  let text = '';
  const args = new Map<unknown, string>();
  for (const event of eventsOf(body)) {
    const [delta, block] = [event['delta'], event['content_block']];
    if (isJson(block) && block['type'] === 'tool_use') args.set(event['index'], '');
    if (!isJson(delta)) continue;
    text += textIn(delta['text']);
    const known = args.get(event['index']);
    if (known !== undefined) args.set(event['index'], known + textIn(delta['partial_json']));
  }
  return { text, args: [...args.values()].map(parseArgs) };
}

const contentOf = (content: unknown): string =>
  textIn(content) + listOf(content).map((part) => textIn(part['text'])).join('');
const calledArgs = (call: Json): string => (isJson(call['function']) ? textIn(call['function']['arguments']) : '');

export function chatWords(recorded: RecordedCase): Words {
  const { body } = recorded.upstream;
  if (!recorded.stream) {
    const message = listOf((JSON.parse(body) as Json)['choices'])[0]?.['message'];
    if (!isJson(message)) throw new Error(`${recorded.id} has no message`);
    return { text: contentOf(message['content']), args: listOf(message['tool_calls']).map((call) => parseArgs(calledArgs(call))) };
  }
  let text = '';
  const args = new Map<unknown, string>();
  for (const choice of eventsOf(body).flatMap((event) => listOf(event['choices']))) {
    const { delta } = choice;
    if (!isJson(delta)) continue;
    text += contentOf(delta['content']);
    for (const call of listOf(delta['tool_calls'])) {
      args.set(call['index'], (args.get(call['index']) ?? '') + calledArgs(call));
    }
  }
  return { text, args: [...args.values()].map(parseArgs) };
}
