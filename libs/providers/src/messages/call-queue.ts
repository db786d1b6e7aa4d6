// Tool calls of a chat stream come in pieces, keyed by an index, and may be interleaved; Anthropic's blocks
// come one after the other. The first open call is written as it comes, pieces of later ones wait until it
// is complete. Servers differ in what they send: no index, no id, the same index for several calls, a whole
// call at once.
import { asRecord, asText, parseJson } from '../wire/read-unknown.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { toToolUseId } from '../translate/tool-call-id.js';
import type { BlockWriter } from './block-writer.js';
import { argumentsText } from './read-chat-delta.js';

/** Characters of arguments kept for one stream; honest calls are a few thousand. */
const MAX_KEPT = 8 * 1024 * 1024;

interface Call {
  readonly index: number | null;
  id: string;
  name: string;
  /** All arguments so far. */
  args: string;
  /** How much of them was written. */
  written: number;
  state: 'waiting' | 'open' | 'closed';
}

export class CallQueue {
  readonly #blocks: BlockWriter;
  readonly #calls: Call[] = [];
  #kept = 0;
  /** For ids that a server leaves out. */
  answerId = '';

  constructor(blocks: BlockWriter) {
    this.#blocks = blocks;
  }

  get count(): number {
    return this.#calls.length;
  }

  get isOverfull(): boolean {
    return this.#kept > MAX_KEPT;
  }

  /** Takes the `tool_calls` of one delta. */
  add(pieces: readonly unknown[]): string {
    let out = '';
    for (const item of pieces) {
      const piece = asRecord(item);
      if (piece === null) continue;
      const call = this.#callOf(piece);
      const called = asRecord(piece['function']) ?? {};
      call.id ||= asText(piece['id']);
      call.name ||= asText(called['name']);
      const args = argumentsText(called);
      call.args += args;
      this.#kept += args.length;
      out += this.#advance();
    }
    return out;
  }

  /** Something else follows: complete calls are closed, so that it may have a block of its own. */
  settle(): string {
    return this.isBusy ? this.#advance(true) : '';
  }

  /** Whether a call still waits for pieces: nothing else may be written then. */
  get isBusy(): boolean {
    return this.#calls.at(-1)?.state !== 'closed' && this.#calls.length > 0;
  }

  /** No more pieces come. */
  finish(): string {
    let out = '';
    for (const call of this.#calls) {
      if (call.state !== 'closed' && (call.name !== '' || call.args !== '')) out += this.#write(call);
      call.state = 'closed';
    }
    return out;
  }

  #callOf(piece: UnknownRecord): Call {
    const index = typeof piece['index'] === 'number' ? piece['index'] : null;
    const id = asText(piece['id']);
    const isNamed = asText(asRecord(piece['function'])?.['name']) !== '';
    const known = this.#find(index, id, isNamed);
    if (known !== undefined) return known;
    const call: Call = { index, id: '', name: '', args: '', written: 0, state: 'waiting' };
    this.#calls.push(call);
    return call;
  }

  #find(index: number | null, id: string, isNamed: boolean): Call | undefined {
    const isNew = (call: Call): boolean => isNamed && id !== '' && call.id !== '' && call.id !== id;
    if (index !== null) {
      const call = this.#calls.findLast((one) => one.index === index);
      return call === undefined || isNew(call) ? undefined : call;
    }
    if (id !== '')
      return this.#calls.find((one) => one.id === id) ?? (isNamed ? undefined : this.#calls.at(-1));
    return isNamed ? undefined : this.#calls.at(-1);
  }

  /** Writes what may be written: of the first call that is not closed, and of the next once that is whole. */
  #advance(isSettling = false): string {
    let out = '';
    for (const [at, call] of this.#calls.entries()) {
      if (call.state === 'closed') continue;
      // Without a name a block cannot be opened.
      if (call.name === '') return out;
      out += this.#write(call);
      const isLast = at === this.#calls.length - 1;
      if ((isLast && !isSettling) || !isWhole(call.args)) return out;
      call.state = 'closed';
    }
    return out;
  }

  #write(call: Call): string {
    const open = call.state === 'waiting' ? this.#open(call) : '';
    const piece = call.written === 0 ? call.args : call.args.slice(call.written);
    call.written = call.args.length;
    return open + this.#blocks.callInput(piece);
  }

  #open(call: Call): string {
    call.state = 'open';
    return this.#blocks.openCall({
      id: toToolUseId(call.id, this.answerId, this.#calls.indexOf(call)),
      name: call.name,
    });
  }
}

/** Whether arguments can have no more pieces. A call without any may still get some, so it is not. */
const isWhole = (args: string): boolean => args.trimEnd().endsWith('}') && asRecord(parseJson(args)) !== null;
