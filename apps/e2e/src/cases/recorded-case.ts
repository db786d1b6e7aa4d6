// A recorded exchange with a provider: what was sent, what came back, and what the answer holds.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JSON object of unknown content. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export interface RecordedCase {
  readonly id: string;
  readonly provider: string;
  /** E.g. `text.stream`, `error.404`. */
  readonly kind: string;
  /** The endpoint: `chat`, `embeddings`, `messages`, `count_tokens`, and others that the gateway does not speak. */
  readonly api: string;
  readonly stream: boolean;
  readonly facts: CaseFacts;
  readonly upstream: {
    readonly path: string;
    /** Null when only the answer was recorded. */
    readonly requestBody: JsonRecord | null;
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** The text as it was sent, a whole stream included. */
    readonly body: string;
  };
}

/** What an answer must contain; absent facts are not known. */
export interface CaseFacts {
  readonly tool_calls?: number;
  readonly thinking?: boolean;
  readonly cached_tokens?: number;
  readonly finish?: readonly string[];
}

/** Endpoints of OpenAI's and of Anthropic's dialect, by the end of the path. */
const PATHS: ReadonlyMap<string, string> = new Map([
  ['chat', '/chat/completions'],
  ['embeddings', '/embeddings'],
  ['messages', '/messages'],
  ['count_tokens', '/messages/count_tokens'],
]);

/** All cases of a folder that speak OpenAI's or Anthropic's dialect, in the order of their names. */
export function readCases(folder: string): RecordedCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => parseCase(readFileSync(join(folder, name), 'utf8'), name))
    .filter((recorded) => recorded !== null);
}

/** The recorded path without its query. */
export const pathOf = (recorded: RecordedCase): string => recorded.upstream.path.split('?', 1)[0] ?? '';

/** What stands before the endpoint in the recorded path, e.g. `/openai/v1`. */
export const prefixOf = (recorded: RecordedCase): string =>
  pathOf(recorded).slice(0, -(PATHS.get(recorded.api)?.length ?? 0));

/** Null for other dialects. They share these names (Cohere's embeddings), so the path tells. */
function parseCase(text: string, name: string): RecordedCase | null {
  const value = JSON.parse(text) as Partial<RecordedCase>;
  const { api, upstream } = value;
  const path = PATHS.get(api ?? '');
  if (path === undefined || !String(upstream?.path).split('?', 1)[0]?.endsWith(path)) return null;
  const isWhole =
    typeof value.id === 'string' &&
    typeof value.provider === 'string' &&
    typeof value.kind === 'string' &&
    typeof value.stream === 'boolean' &&
    typeof upstream?.status === 'number' &&
    typeof upstream.body === 'string';
  if (!isWhole) throw new Error(`${name} is not a recorded exchange`);
  // Its fields were looked at just now; the rest of them are objects in every case.
  return { ...(value as RecordedCase), facts: value.facts ?? {} };
}
