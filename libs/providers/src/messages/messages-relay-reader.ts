// Anthropic's own stream for a client of its dialect: the bytes go on as they came, but for the model's name
// in `message_start`. Usage, errors and the end are read on the way.
import type { TokenCounts } from '@sluice/contracts';
import { AnthropicUsage } from '../anthropic/anthropic-usage.js';
import { readAnthropicErrorEvent } from '../anthropic/read-anthropic-failure.js';
import { findTopLevelString } from '../openai-compatible/find-top-level-string.js';
import type { StreamContext, StreamEnd, StreamReader } from '../provider-adapter.js';
import { asRecord } from '../wire/read-unknown.js';
import { parseLatin1Json, quoteLatin1 } from '../translate/latin1-json.js';
import { WholeEvents } from '../wire/whole-events.js';

type Fatal = Exclude<StreamEnd, { kind: 'complete' }>;

const MESSAGE_OBJECT = /"message"\s*:\s*\{/;
const DELTA = '"content_block_delta"';

export class MessagesRelayReader implements StreamReader {
  readonly #usage = new AnthropicUsage();
  readonly #model: string;
  readonly #events = new WholeEvents();
  #fatal: Fatal | null = null;
  isDone = false;
  hasContent = false;
  contentEvents = 0;

  constructor(context: StreamContext) {
    this.#model = quoteLatin1(context.model);
  }

  get fatal(): Fatal | null {
    return this.#fatal;
  }

  push(chunk: Buffer): string {
    if (this.#isOver()) return '';
    const text = this.#events.push(chunk);
    if (this.#events.problem !== null) this.#break(this.#events.problem);
    let out = '';
    for (let start = 0; start < text.length && !this.#isOver();) {
      const end = endOfEvent(text, start);
      out += this.#relay(text.slice(start, end));
      start = end;
    }
    return out;
  }

  end(): StreamEnd {
    const rest = this.#events.rest();
    let tail = '';
    if (!this.#isOver() && rest.trim() !== '') {
      if (parseLatin1Json(dataOf(rest)) === undefined) this.#break('the stream ended inside an event');
      else tail = this.#relay(`${rest.trimEnd()}\n\n`);
    }
    if (this.#fatal !== null) return this.#fatal;
    if (this.isDone) return { kind: 'complete', tail };
    return { kind: 'broken', reason: 'the stream ended before its terminal event' };
  }

  get isUsageFinal(): boolean {
    return this.#usage.isFinal;
  }

  tokens(): TokenCounts | null {
    return this.#usage.toTokens();
  }

  #isOver(): boolean {
    return this.isDone || this.#fatal !== null;
  }

  #break(reason: string): void {
    this.#fatal = { kind: 'broken', reason };
  }

  /** One whole event; most are deltas, which need no reading at all. */
  #relay(event: string): string {
    if (event.includes(DELTA)) {
      this.hasContent = true;
      this.contentEvents += 1;
      return event;
    }
    const data = dataOf(event);
    // A comment, or an event of nothing.
    if (data === '') return event;
    const document = asRecord(parseLatin1Json(data));
    if (document === null) {
      this.#break('an event of the stream is not a JSON object');
      return '';
    }
    switch (document['type']) {
      case 'message_start':
        this.#usage.merge(asRecord(document['message'])?.['usage']);
        return this.#renamed(event);
      case 'message_delta':
        this.#usage.finish(document['usage']);
        return event;
      case 'message_stop':
        this.isDone = true;
        return event;
      case 'content_block_start':
        // A call without input has no delta at all.
        if (asRecord(document['content_block'])?.['type'] === 'tool_use') this.hasContent = true;
        return event;
      default:
        return this.#onOther(event, document);
    }
  }

  /** Pings and events that nobody knows yet go on; an error does not: the gateway ends the stream in its own words. */
  #onOther(event: string, document: unknown): string {
    const failure = readAnthropicErrorEvent(document);
    if (failure === null) return event;
    this.#fatal = { kind: 'failure', failure };
    return '';
  }

  #renamed(event: string): string {
    const at = MESSAGE_OBJECT.exec(event);
    if (at === null) return event;
    const model = findTopLevelString(event, 'model', {
      start: at.index + at[0].length - 1,
      end: event.length,
    });
    return model === null ? event : event.slice(0, model.start) + this.#model + event.slice(model.end);
  }
}

/** Offset after the first blank line at or after `start`; the text ends with one. */
function endOfEvent(text: string, start: number): number {
  for (let at = start; ;) {
    const line = text.indexOf('\n', at);
    if (line < 0) return text.length;
    if (text.charCodeAt(line + 1) === 0x0a) return line + 2;
    if (text.charCodeAt(line + 1) === 0x0d && text.charCodeAt(line + 2) === 0x0a) return line + 3;
    at = line + 1;
  }
}

/** An event's data lines, joined. */
function dataOf(event: string): string {
  const lines = event.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).trim()).join('\n');
}
