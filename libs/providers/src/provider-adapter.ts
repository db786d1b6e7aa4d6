// What the gateway asks of a provider kind. Pure: an adapter turns bytes into bytes and facts, and never
// opens a connection, reads a clock or keeps state between calls.
import type { ProviderConfig } from '@sluice/config-schema';
import type { ErrorCode, TokenCounts } from '@sluice/contracts';

/** What a client calls. The name is also the event's `endpoint`. */
export type Endpoint = 'chat.completions' | 'embeddings' | 'messages' | 'messages.count_tokens';

/** The two dialects of clients: OpenAI's and Anthropic's. */
export type ClientDialect = 'chat' | 'messages';

/** A request body after the strict pass: the bytes that were judged, and what was found in them. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly endpoint: Endpoint;
  readonly stream: boolean;
  /** The client itself asked for the usage chunk of a stream. */
  readonly includeUsage: boolean;
  /** The client asked for base64 embeddings. */
  readonly base64: boolean;
  /** How many answers the client asked for (`n`), 1 when it did not say. */
  readonly choices: number;
  readonly spans: RequestSpans;
}

/** Byte spans in {@link RequestBody.bytes}; null where the key is absent. */
export interface RequestSpans {
  readonly model: Span;
  readonly streamOptions: Span | null;
  /** Just after the opening brace of the body. */
  readonly rootStart: number;
}
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a provider serves an endpoint and with what headers; fixed for a config generation. */
export interface UpstreamAddress {
  /** E.g. `https://api.openai.com`. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** Lower-case names; holds the credential, so never log it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How an answer is to be read. */
export interface AnswerContext {
  readonly endpoint: Endpoint;
  /** The model's name as the client wrote it; replaces the provider's own. */
  readonly model: string;
  readonly base64: boolean;
  /** Seconds since the epoch, for `created` where the provider says none. */
  readonly createdSeconds: number;
  /** For an answer whose provider gave it no id: the event's id. */
  readonly answerId: string;
}

/** How a stream is to be read. */
export interface StreamContext extends AnswerContext {
  /** Usage was forced on upstream, so the client must not see it. */
  readonly hideUsage: boolean;
  /** How many answers were asked for: the stream is whole when each of them is finished. */
  readonly choices: number;
}

/** What a provider said when it refused or failed. */
export interface ProviderFailure {
  /** The provider's words, cut to 1 KiB. May name things that a client must not see. */
  readonly message: string;
  /** The provider's code in lower case, empty when there is none. */
  readonly code: string;
  /** HTTP status; inside a 200 the one that the error names, else 500. */
  readonly status: number;
  readonly quotaExhausted: boolean;
  readonly credentialRejected: boolean;
  /** The code of our own table that says the same where the request is at fault. */
  readonly errorCode: ErrorCode;
  /** Whether the body is an error in the client's dialect that may go through as it is. */
  readonly passable: boolean;
}

/** A whole answer with status 200, read. */
export type Answer =
  | { readonly kind: 'answer'; readonly body: Buffer; readonly tokens: TokenCounts | null }
  | { readonly kind: 'failure'; readonly failure: ProviderFailure }
  | { readonly kind: 'garbage'; readonly reason: string };

/** How a stream stands after its last byte. */
export type StreamEnd =
  /** `tail` (latin1) still has to go to the client, e.g. a terminal marker that the provider left out. */
  | { readonly kind: 'complete'; readonly tail: string }
  | { readonly kind: 'failure'; readonly failure: ProviderFailure }
  | { readonly kind: 'broken'; readonly reason: string };

/** Reads one stream. Texts are latin1: one character a byte, nothing decoded. */
export interface StreamReader {
  /**
   * Takes bytes as they arrive, cut anywhere.
   * @returns what may go to the client now: whole events only, '' when there are none
   */
  push(chunk: Buffer): string;
  /** Set by `push` as soon as the stream cannot be good any more; nothing more is to be pushed. */
  readonly fatal: Exclude<StreamEnd, { kind: 'complete' }> | null;
  /** Whether an event with content was among those returned. */
  readonly hasContent: boolean;
  /** Whether the terminal marker was read: nothing of interest follows. */
  readonly isDone: boolean;
  end(): StreamEnd;
  /** Usage as the provider last reported it; null when it did not. */
  tokens(): TokenCounts | null;
  /** False while {@link tokens} knows what went in, but not yet what came out. */
  readonly isUsageFinal: boolean;
  /** Events with content so far: an estimate of output tokens when usage never came. */
  readonly contentEvents: number;
}

/** One provider kind, for clients of one dialect. */
export interface ProviderAdapter {
  /** What it can be asked for. A route to it is no route for anything else. */
  readonly endpoints: readonly Endpoint[];
  /** Lower-case names of the client's headers that the provider gets to see. */
  readonly forwardedHeaders: readonly string[];
  /** @param endpoint one of {@link endpoints} */
  address(provider: ProviderConfig, endpoint: Endpoint): UpstreamAddress;
  /**
   * The body to send: within a dialect the judged bytes with the listed splices, else written anew.
   * @throws TranslationRefusal when the provider's dialect cannot say what the client's did; nothing else
   */
  toUpstreamBody(body: RequestBody, provider: ProviderConfig, providerModel: string): Buffer;
  /** Whether {@link toUpstreamBody} forces usage on although the client did not ask. */
  forcesUsage(body: RequestBody, provider: ProviderConfig): boolean;
  fromAnswer(bytes: Buffer, context: AnswerContext): Answer;
  openStream(context: StreamContext): StreamReader;
  /** Reads the body of an answer whose status is not 200. Never throws. */
  readFailure(status: number, bytes: Buffer): ProviderFailure;
}
