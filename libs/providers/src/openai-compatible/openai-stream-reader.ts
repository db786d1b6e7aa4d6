// Server-sent chunks of an OpenAI-speaking provider, read as latin1 text: one character a byte, nothing
// decoded, nothing parsed that has no need to be. Only whole events come out, so a stream that breaks in
// the middle of one can still be ended properly.
import type { TokenCounts } from '@sluice/contracts';
import type { StreamContext, StreamEnd, StreamReader } from '../provider-adapter.js';
import { asRecord, parseJson } from '../wire/read-unknown.js';
import type { Splice } from '../wire/splice.js';
import { WholeEvents } from '../wire/whole-events.js';
import { findOpenAiUsage } from './from-openai-usage.js';
import { findTopLevelString, type TextSpan } from './find-top-level-string.js';
import { readEmbeddedFailure, readErrorEvent } from './read-openai-failure.js';

const DONE_LINE = /(?:^|\n)data:\s*\[DONE\]\s*$/;
const FINISHED = /"finish_reason"\s*:\s*"/;
const CONTENT =
  /"(?:content|reasoning|reasoning_content|refusal|text|arguments|name)"\s*:\s*(?:"[^"]|\[)|"tool_calls"\s*:\s*\[|"audio"\s*:\s*\{/;
const HAS_USAGE = /"usage"\s*:\s*\{\s*"/;
const NO_CHOICES = /"choices"\s*:\s*\[\s*\]/;
const ERROR_NAMED = /(?:^|\n)event:\s*error\s*\n/;
const ERROR_SIGN = /"error"\s*:\s*[{"]|"object"\s*:\s*"error"|(?:^|\n)event:\s*error\s*\n/;
/** A field of another name says nothing; a byte order mark may stand before the first. */
const HAS_DATA = /(?:^|\n)(?:\xef\xbb\xbf)?data:/;
const COMMENTS_ONLY = /^(?:\s*:[^\n]*(?:\n|$))*\s*$/;

/** What a block of events may hold; what it does not hold is not looked for in each event. */
interface BlockFlags {
  readonly error: boolean;
  readonly finish: boolean;
  readonly usage: boolean;
  readonly done: boolean;
}

export class OpenAiStreamReader implements StreamReader {
  readonly #context: StreamContext;
  /** The model's name as JSON text, in latin1 like everything here. */
  readonly #model: string;
  readonly #events = new WholeEvents();
  #usageEvent = '';
  #isFinished = false;
  /** Indexes of the choices that are finished; only looked at when several were asked for. */
  readonly #finished = new Set<unknown>();
  #fatal: Exclude<StreamEnd, { kind: 'complete' }> | null = null;
  isDone = false;
  /** It comes once, at the end, or cumulative on every chunk. */
  readonly isUsageFinal = true;
  hasContent = false;
  contentEvents = 0;

  constructor(context: StreamContext) {
    this.#context = context;
    this.#model = Buffer.from(JSON.stringify(context.model), 'utf8').toString('latin1');
  }

  get fatal(): Exclude<StreamEnd, { kind: 'complete' }> | null {
    return this.#fatal;
  }

  push(chunk: Buffer): string {
    if (this.isDone) return '';
    const text = this.#events.push(chunk);
    if (this.#events.problem !== null) this.#fatal = { kind: 'broken', reason: this.#events.problem };
    return text === '' ? '' : this.#relay(text);
  }

  /** Walks whole events, rewriting each. */
  #relay(text: string): string {
    const flags = flagsOf(text);
    let out = '';
    let copied = 0;
    for (let start = 0; start < text.length;) {
      const stop = endOfEvent(text, start);
      const change = this.#read(text, { start, end: stop }, flags);
      if (this.#fatal !== null) return out + text.slice(copied, start);
      if (change !== null) {
        out += text.slice(copied, change.start) + change.text;
        copied = change.end;
      }
      start = stop;
      // Nothing that follows the terminal marker belongs to the answer.
      if (this.isDone) return out + text.slice(copied, stop);
    }
    return out + text.slice(copied);
  }

  /** Takes the facts of one event; says what of it must change before it goes on. */
  #read(text: string, span: TextSpan, flags: BlockFlags): Splice | null {
    const event = text.slice(span.start, span.end);
    if (!event.startsWith('data:') && !HAS_DATA.test(event)) return null;
    if (flags.error && ERROR_SIGN.test(event) && this.#isFailure(event)) return null;
    if (flags.done && DONE_LINE.test(event)) {
      this.isDone = true;
      return null;
    }
    if (flags.finish && FINISHED.test(event)) this.#finish(event);
    if (!this.hasContent && CONTENT.test(event)) this.hasContent = true;
    if (flags.usage && HAS_USAGE.test(event)) {
      this.#usageEvent = event;
      if (this.#context.hideUsage && NO_CHOICES.test(event)) return { ...span, text: '' };
    }
    // Searched in the event alone: in a text of many events without a model each search would go to its end.
    const model = findTopLevelString(event, 'model', { start: 0, end: event.length });
    if (model === null) return this.#check(event);
    if (this.hasContent) this.contentEvents += 1;
    return { start: span.start + model.start, end: span.start + model.end, text: this.#model };
  }

  /** What holds no model is looked at: a chunk without one goes on as it is, what is no chunk ends the stream. */
  #check(event: string): null {
    if (dataOf(event) !== '' && asRecord(parseEvent(event)) === null) {
      this.#fatal = { kind: 'broken', reason: 'an event of the stream is not a JSON object' };
    }
    return null;
  }

  /** A stream of several choices is whole when each of them is. */
  #finish(event: string): void {
    const { choices } = this.#context;
    if (choices > 1) {
      const list = asRecord(parseEvent(event))?.['choices'];
      for (const item of Array.isArray(list) ? list : []) {
        const choice = asRecord(item);
        if (typeof choice?.['finish_reason'] === 'string') this.#finished.add(choice['index']);
      }
    }
    this.#isFinished = choices <= 1 || this.#finished.size >= choices;
  }

  #isFailure(event: string): boolean {
    const document = parseEvent(event);
    const failure = ERROR_NAMED.test(event) ? readErrorEvent(document) : readEmbeddedFailure(document);
    if (failure === null) return false;
    this.#fatal = { kind: 'failure', failure };
    return true;
  }

  end(): StreamEnd {
    const tail = this.#takeRest();
    if (this.#fatal !== null) return this.#fatal;
    if (this.isDone) return { kind: 'complete', tail: tail ?? '' };
    if (tail === null) return { kind: 'broken', reason: 'the stream ended inside an event' };
    if (!this.#isFinished) return { kind: 'broken', reason: 'the stream ended before its terminal marker' };
    // Several servers end after the finish reason without the marker; clients wait for it.
    return { kind: 'complete', tail: `${tail}data: [DONE]\n\n` };
  }

  /** Some servers leave out the blank line after the last event: what is whole is taken, null if it is not. */
  #takeRest(): string | null {
    const rest = this.#events.rest();
    // A comment says nothing that a client could miss.
    if (this.isDone || COMMENTS_ONLY.test(rest)) return '';
    const event = `${rest.trimEnd()}\n\n`;
    const isWhole = DONE_LINE.test(event) || parseEvent(event) !== undefined;
    return isWhole ? this.#relay(event) : null;
  }

  tokens(): TokenCounts | null {
    return this.#usageEvent === '' ? null : findOpenAiUsage(parseEvent(this.#usageEvent));
  }
}

const flagsOf = (text: string): BlockFlags => ({
  error: text.includes('error') && ERROR_SIGN.test(text),
  finish: FINISHED.test(text),
  usage: text.includes('"usage"') && HAS_USAGE.test(text),
  done: text.includes('[DONE]'),
});

/** Offset after the first blank line at or after `start`; the text ends with one. */
function endOfEvent(text: string, start: number): number {
  let at = start;
  for (;;) {
    const line = text.indexOf('\n', at);
    if (line < 0) return text.length;
    if (text.charCodeAt(line + 1) === 0x0a) return line + 2;
    if (text.charCodeAt(line + 1) === 0x0d && text.charCodeAt(line + 2) === 0x0a) return line + 3;
    at = line + 1;
  }
}

/** The JSON of an event's data lines, undefined when it is none. */
const parseEvent = (event: string): unknown =>
  parseJson(Buffer.from(dataOf(event), 'latin1').toString('utf8'));

function dataOf(event: string): string {
  const lines = event.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).trim()).join('\n');
}
