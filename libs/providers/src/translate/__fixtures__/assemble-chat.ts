// A chat stream put together as the official SDK does it; what breaks the dialect's shape throws.

export interface ChatCall {
  id: string;
  name: string;
  args: string;
}

/** What a client of OpenAI's dialect ends up with. */
export interface AssembledChat {
  readonly content: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly details: readonly Detail[];
  readonly annotations: readonly unknown[];
  readonly calls: readonly ChatCall[];
  readonly finish: string;
  readonly usage: Usage | null;
}
export interface Detail {
  readonly type: string;
  readonly index: number;
  readonly format: string;
  readonly text?: string;
  readonly signature?: string;
  readonly data?: string;
}
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}
interface Delta {
  readonly role?: string;
  readonly content?: string;
  readonly refusal?: string;
  readonly reasoning_content?: string;
  readonly reasoning_details?: readonly Detail[];
  readonly annotations?: readonly unknown[];
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly type?: string;
    readonly function: { readonly name?: string; readonly arguments?: string };
  }[];
}
interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly { readonly index: number; readonly delta: Delta; readonly finish_reason: string | null }[];
  readonly usage?: Usage;
}

function must(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not OpenAI's dialect: ${what}`);
}

/** The chunks of a stream that ends as it should. */
export function parseChatChunks(text: string): Chunk[] {
  const events = text.split('\n\n');
  must(events.at(-1) === '', 'text after the last blank line');
  must(events.at(-2) === 'data: [DONE]', 'the marker is not last');
  return events.slice(0, -2).map((event) => {
    must(event.startsWith('data: {') && !event.includes('\n'), 'an event that is not one data line');
    return JSON.parse(event.slice(6)) as Chunk;
  });
}

export function assembleChat(text: string, model: string): AssembledChat {
  const chunks = parseChatChunks(text);
  const first = chunks[0];
  must(first?.choices[0]?.delta.role === 'assistant', 'the first chunk has no role');
  const told = { content: '', reasoning: '', refusal: '', finish: '', finishes: 0 };
  const [details, annotations, calls]: [Detail[], unknown[], ChatCall[]] = [[], [], []];
  let usage: Usage | null = null;
  for (const chunk of chunks) {
    must(chunk.object === 'chat.completion.chunk', 'object');
    must(chunk.id === first?.id && chunk.created === first.created && chunk.model === model, 'id, created or model');
    if (chunk.usage !== undefined) usage = chunk.usage;
    const choice = chunk.choices[0];
    if (choice === undefined) continue;
    must(usage === null && told.finishes === 0, 'something follows the end');
    must(choice.index === 0, 'choice index');
    if (choice.finish_reason !== null) {
      told.finish = choice.finish_reason;
      told.finishes += 1;
    }
    told.content += choice.delta.content ?? '';
    told.reasoning += choice.delta.reasoning_content ?? '';
    told.refusal += choice.delta.refusal ?? '';
    details.push(...(choice.delta.reasoning_details ?? []));
    annotations.push(...(choice.delta.annotations ?? []));
    for (const piece of choice.delta.tool_calls ?? []) addPiece(calls, piece);
  }
  must(told.finishes === 1, 'not exactly one finish reason');
  for (const call of calls) must(call.args !== '', 'a call without arguments');
  const { content, reasoning, refusal, finish } = told;
  return { content, reasoning, refusal, finish, details, annotations, calls, usage };
}

function addPiece(calls: ChatCall[], piece: NonNullable<Delta['tool_calls']>[number]): void {
  const { index, id, function: called } = piece;
  if (index === calls.length) {
    must(id !== undefined && id !== '' && piece.type === 'function' && called.name !== undefined, "a call's head");
    calls.push({ id: id ?? '', name: called.name ?? '', args: called.arguments ?? '' });
    return;
  }
  const call = calls[index];
  must(call !== undefined && id === undefined && called.name === undefined, 'a piece of no call');
  if (call !== undefined) call.args += called.arguments ?? '';
}
