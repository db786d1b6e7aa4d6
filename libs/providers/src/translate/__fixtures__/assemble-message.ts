// A Messages stream put together as the official SDK does it; what breaks the dialect's shape throws.

export interface MessageBlock {
  readonly type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  readonly id?: string;
  readonly name?: string;
  /** Pieces of the input, joined. */
  json: string;
}

/** What a client of Anthropic's dialect ends up with. */
export interface AssembledMessage {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly MessageBlock[];
  readonly stopReason: string;
  readonly usage: MessageUsage;
}
export interface MessageUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
}
interface Event {
  readonly type: string;
  readonly index?: number;
  readonly message?: {
    readonly id: string;
    readonly model: string;
    readonly type: string;
    readonly role: string;
    readonly content: readonly unknown[];
    readonly stop_reason: string | null;
    readonly stop_sequence: string | null;
    readonly usage: MessageUsage;
  };
  readonly content_block?: Omit<MessageBlock, 'json'> & { readonly input?: object };
  readonly delta?: Readonly<Record<string, string | null>>;
  readonly usage?: MessageUsage;
}

function must(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not Anthropic's dialect: ${what}`);
}

export function parseMessagesEvents(text: string): Event[] {
  const events = text.split('\n\n');
  must(events.at(-1) === '', 'text after the last blank line');
  return events.slice(0, -1).map((event) => {
    const [name, data, more] = event.split('\n');
    must(name?.startsWith('event: ') === true && data?.startsWith('data: ') === true, 'an event without its two lines');
    must(more === undefined, 'an event of more lines');
    const parsed = JSON.parse(data?.slice(6) ?? '') as Event;
    must(name === `event: ${parsed.type}`, 'an event named otherwise than its type');
    return parsed;
  });
}

export function assembleMessage(text: string): AssembledMessage {
  const events = parseMessagesEvents(text).filter((event) => event.type !== 'ping');
  const message = events[0]?.message;
  must(events[0]?.type === 'message_start' && message !== undefined, 'message_start is not first');
  must(message?.type === 'message' && message.role === 'assistant' && message.content.length === 0, 'message_start');
  must(message?.stop_reason === null && message.stop_sequence === null, 'a stop reason at the start');
  must(typeof message?.usage.input_tokens === 'number', 'usage at the start');
  must(events.at(-1)?.type === 'message_stop' && events.at(-2)?.type === 'message_delta', 'the end');
  const blocks: MessageBlock[] = [];
  let isOpen = false;
  for (const event of events.slice(1, -2)) {
    must(event.index === (event.type === 'content_block_start' ? blocks.length : blocks.length - 1), 'indexes');
    must(isOpen === (event.type !== 'content_block_start'), 'a block that is not open, or still is');
    if (event.type === 'content_block_start') blocks.push(begin(event));
    else if (event.type === 'content_block_delta') add(blocks.at(-1)!, event.delta ?? {});
    else must(event.type === 'content_block_stop', `unexpected ${event.type}`);
    isOpen = event.type !== 'content_block_stop';
  }
  must(!isOpen, 'a block that was never closed');
  const last = events.at(-2);
  must(last?.delta?.['stop_sequence'] === null && last.usage !== undefined, 'message_delta');
  return {
    id: message!.id,
    model: message!.model,
    blocks,
    stopReason: last?.delta?.['stop_reason'] ?? '',
    usage: last!.usage!,
  };
}

function begin(event: Event): MessageBlock {
  const block = event.content_block;
  if (block === undefined) throw new Error('a start without a block');
  if (block.type === 'tool_use') {
    must(typeof block.id === 'string' && /^[a-zA-Z0-9_-]+$/.test(block.id), "a call's id");
    must(block.name !== undefined && JSON.stringify(block.input) === '{}', "a call's start");
  }
  return { ...block, json: '' };
}

const FIELDS: Readonly<Record<string, [block: string, delta: string, field: 'text' | 'thinking' | 'json']>> = {
  text_delta: ['text', 'text', 'text'],
  thinking_delta: ['thinking', 'thinking', 'thinking'],
  input_json_delta: ['tool_use', 'partial_json', 'json'],
};

function add(block: MessageBlock, delta: Readonly<Record<string, string | null>>): void {
  const [kind, from, to] = FIELDS[delta['type'] ?? ''] ?? ['', '', 'json'];
  must(block.type === kind, `a ${delta['type'] ?? ''} in a block of type ${block.type}`);
  block[to] = (block[to] ?? '') + (delta[from] ?? '');
}
