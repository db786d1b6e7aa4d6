// Writes the content blocks of a stream: dense indexes, one open at a time, each closed before the next.
import { quoteLatin1, toLatin1 } from '../translate/latin1-json.js';

/** One event in latin1; the `event:` line is mandatory, since the official SDK skips events without it. */
export const messagesEvent = (type: string, fields: string): string =>
  `event: ${type}\ndata: {"type":"${type}"${toLatin1(fields)}}\n\n`;

/** A tool call that a block is opened for. */
export interface ToolUse {
  readonly id: string;
  readonly name: string;
}

export class BlockWriter {
  #index = -1;
  #open: 'none' | 'thinking' | 'text' | 'call' = 'none';
  /** Events that a client can see something of. */
  contentEvents = 0;

  thinking(text: string): string {
    const head = this.#ensure('thinking', '{"type":"thinking","thinking":"","signature":""}');
    return head + this.#delta(`{"type":"thinking_delta","thinking":${quoteLatin1(text)}}`);
  }

  text(text: string): string {
    const head = this.#ensure('text', '{"type":"text","text":""}');
    return head + this.#delta(`{"type":"text_delta","text":${quoteLatin1(text)}}`);
  }

  openCall(call: ToolUse): string {
    this.contentEvents += 1;
    const names = `"id":${quoteLatin1(call.id)},"name":${quoteLatin1(call.name)}`;
    return this.close() + this.#begin('call', `{"type":"tool_use",${names},"input":{}}`);
  }

  /** A piece of the open call's input. */
  callInput(json: string): string {
    return json === '' ? '' : this.#delta(`{"type":"input_json_delta","partial_json":${quoteLatin1(json)}}`);
  }

  /** Closes what is open. */
  close(): string {
    if (this.#open === 'none') return '';
    this.#open = 'none';
    return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${this.#index}}\n\n`;
  }

  #ensure(kind: 'thinking' | 'text', block: string): string {
    return this.#open === kind ? '' : this.close() + this.#begin(kind, block);
  }

  /** @param block in latin1 */
  #begin(kind: 'thinking' | 'text' | 'call', block: string): string {
    this.#open = kind;
    this.#index += 1;
    return `event: content_block_start\ndata: {"type":"content_block_start","index":${this.#index},"content_block":${block}}\n\n`;
  }

  /** @param delta in latin1 */
  #delta(delta: string): string {
    this.contentEvents += 1;
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":${delta}}\n\n`;
  }
}
