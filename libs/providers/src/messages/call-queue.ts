// Tool calls of a chat stream come in pieces, keyed by an index, and may be interleaved; Anthropic's blocks
// come one after the other. The first open call is written as it comes, pieces of later ones wait until it
// is complete. Servers differ in what they send: no index, no id, the same index or id for several calls, a
// whole call at once, the name with every piece.
import { asRecord, asText } from '../wire/read-unknown.js';
import type { UnknownRecord } from '../translate/read-request.js';
import type { ToolUseIds } from '../translate/tool-call-id.js';
import type { BlockWriter } from './block-writer.js';
import { argumentsText } from './read-chat-delta.js';
import { StreamedCall } from './streamed-call.js';

/** Characters of arguments kept for one stream; honest calls are a few thousand. */
const MAX_KEPT = 8 * 1024 * 1024;
/** Calls kept for one stream; honest answers have a handful. */
const MAX_CALLS = 4096;

/** A piece as it is read. */
interface Piece {
  readonly index: number | null;
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

export class CallQueue {
  readonly #blocks: BlockWriter;
  readonly #calls: StreamedCall[] = [];
  /** The last call under each index and id: none is looked for among all. */
  readonly #byIndex = new Map<number, StreamedCall>();
  readonly #byId = new Map<string, StreamedCall>();
  /** Calls that are closed: always the first ones. */
  #closed = 0;
  #kept = 0;
  readonly #ids: ToolUseIds;

  constructor(blocks: BlockWriter, ids: ToolUseIds) {
    this.#blocks = blocks;
    this.#ids = ids;
  }

  /** How many calls the client was told of. */
  get count(): number {
    return this.#ids.count;
  }

  /** Whether arguments wait for a name: no block can be opened for them. */
  get hasNameless(): boolean {
    return this.#calls.slice(this.#closed).some((call) => call.name === '' && !call.isEmpty);
  }

  get isOverfull(): boolean {
    return this.#kept > MAX_KEPT || this.#calls.length > MAX_CALLS;
  }

  /** Takes the pieces of calls in one delta. */
  add(pieces: readonly unknown[]): string {
    let out = '';
    for (const item of pieces) {
      const piece = asRecord(item);
      if (piece === null) continue;
      this.#take(readPiece(piece));
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
    return this.#closed < this.#calls.length;
  }

  /** No more pieces come. Calls without a name are left out. */
  finish(): string {
    let out = '';
    for (; this.#closed < this.#calls.length; this.#closed += 1) {
      const call = this.#calls[this.#closed];
      if (call !== undefined && call.name !== '') out += this.#write(call);
    }
    return out;
  }

  #take(piece: Piece): void {
    const known = this.#find(piece);
    // Nothing may wait for a call that nothing is known of.
    if (known === undefined && piece.id === '' && piece.name === '' && piece.args === '') return;
    const call = known ?? this.#enqueue(piece.index);
    if (call.id === '' && piece.id !== '') {
      call.id = piece.id;
      this.#byId.set(piece.id, call);
    }
    call.name ||= piece.name;
    call.add(piece.args);
    this.#kept += piece.args.length;
  }

  #enqueue(index: number | null): StreamedCall {
    const call = new StreamedCall();
    this.#calls.push(call);
    if (index !== null) this.#byIndex.set(index, call);
    return call;
  }

  /** The call that a piece belongs to, undefined when it begins a new one. */
  #find(piece: Piece): StreamedCall | undefined {
    const { index, id, name } = piece;
    const known = index === null ? this.#byId.get(id) : this.#byIndex.get(index);
    if (index === null && known === undefined) return name === '' ? this.#calls.at(-1) : undefined;
    return known === undefined || isAnother(known, piece) ? undefined : known;
  }

  /** Writes what may be written: of the first call that is not closed, and of the next once that is whole. */
  #advance(isSettling = false): string {
    let out = '';
    for (; this.#closed < this.#calls.length; this.#closed += 1) {
      const call = this.#calls[this.#closed];
      // Without a name a block cannot be opened.
      if (call === undefined || call.name === '') return out;
      out += this.#write(call);
      const isLast = this.#closed === this.#calls.length - 1;
      if ((isLast && !isSettling) || !call.isWhole) return out;
    }
    return out;
  }

  /** Of the first call that is not closed. */
  #write(call: StreamedCall): string {
    const open = call.isOpen ? '' : this.#open(call);
    return open + this.#blocks.callInput(call.take());
  }

  #open(call: StreamedCall): string {
    call.isOpen = true;
    return this.#blocks.openCall({ id: this.#ids.give(call.id), name: call.name });
  }
}

function readPiece(piece: UnknownRecord): Piece {
  const called = asRecord(piece['function']) ?? {};
  return {
    index: typeof piece['index'] === 'number' ? piece['index'] : null,
    id: asText(piece['id']),
    name: asText(called['name']),
    args: argumentsText(called),
  };
}

/** Whether a piece begins another call, although it comes under the index or id of this one. */
function isAnother(call: StreamedCall, { id, name, args }: Piece): boolean {
  // Only the first piece of a call has to have a name; some servers repeat it.
  if (name === '') return false;
  if (id !== '' && call.id !== '' && call.id !== id) return true;
  if (call.name !== '' && call.name !== name) return true;
  return args.trim() !== '' && call.isWhole;
}
