import { RESPONSE_RULES, scanJson, WantedKeys } from '../wire/scan-json.js';
import { JsonProblem } from '../wire/json-problem.js';
import type { Answer, AnswerContext } from '../provider-adapter.js';
import { asRecord, MAX_PARSED_BYTES, parseJson } from '../wire/read-unknown.js';
import { applySplices, type Splice } from '../wire/splice.js';
import { findOpenAiUsage, fromOpenAiUsage } from './from-openai-usage.js';
import { readEmbeddedFailure } from './read-openai-failure.js';

const KEYS = new WantedKeys(['model', 'usage', 'error', 'choices', 'data', 'x_groq']);
const [MODEL, USAGE, ERROR, CHOICES, DATA, X_GROQ] = [0, 1, 2, 3, 4, 5] as const;

/** Honest ones have some hundred bytes. */
const MAX_USAGE_BYTES = 64 * 1024;
/** One for each input, and providers take some thousands. */
const MAX_EMBEDDINGS = 100_000;
const TOO_LARGE_TO_READ = 'the answer has an "error" and is too large to be read';

/** Reads a whole answer: the model's name is rewritten, every other byte stays; usage is read. */
export function fromOpenAiAnswer(bytes: Buffer, context: AnswerContext): Answer {
  let spans;
  try {
    spans = scanJson(bytes, KEYS, RESPONSE_RULES);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return { kind: 'garbage', reason: `the answer is not JSON: ${error.message}` };
  }
  const isParsed = bytes.length <= MAX_PARSED_BYTES;
  const textOf = (key: number): string => bytes.toString('utf8', spans.start(key), spans.end(key));
  if (!isParsed) {
    if (spans.has(ERROR)) return { kind: 'garbage', reason: TOO_LARGE_TO_READ };
  } else if (spans.has(ERROR) || (spans.has(CHOICES) && bytes.includes('"error"', spans.start(CHOICES)))) {
    const failure = readEmbeddedFailure(parseJson(bytes.toString('utf8')));
    if (failure !== null) return { kind: 'failure', failure };
  }
  if (!spans.has(context.endpoint === 'embeddings' ? DATA : CHOICES)) {
    return {
      kind: 'garbage',
      reason: `the answer has no "${context.endpoint === 'embeddings' ? 'data' : 'choices'}"`,
    };
  }
  const usage =
    spans.has(USAGE) && spans.end(USAGE) - spans.start(USAGE) <= MAX_USAGE_BYTES
      ? fromOpenAiUsage(parseJson(textOf(USAGE)))
      : null;
  const isElsewhere = usage === null && (spans.has(X_GROQ) || context.endpoint === 'chat.completions');
  const splices: Splice[] = [];
  if (spans.has(MODEL)) {
    splices.push({ start: spans.start(MODEL), end: spans.end(MODEL), text: JSON.stringify(context.model) });
  }
  if (context.base64 && spans.has(DATA) && !hasManyObjects(bytes)) {
    const encoded = encodeEmbeddings(textOf(DATA));
    if (encoded !== null) splices.push({ start: spans.start(DATA), end: spans.end(DATA), text: encoded });
  }
  return {
    kind: 'answer',
    body: applySplices(
      bytes,
      splices.sort((a, b) => a.start - b.start),
    ),
    tokens: isElsewhere && isParsed ? findOpenAiUsage(parseJson(bytes.toString('utf8'))) : usage,
  };
}

/** Parsing them would take minutes and gigabytes; numbers, however many, are parsed in no time. */
function hasManyObjects(bytes: Buffer): boolean {
  let objects = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === 0x7b) objects += 1;
  return objects > MAX_EMBEDDINGS;
}

/**
 * A client that asked for base64 gets base64: official SDKs decode it and silently return an empty
 * vector when a server sends numbers instead.
 * @returns the rewritten `data`, null when nothing has to change
 */
function encodeEmbeddings(text: string): string | null {
  if (!/"embedding"\s*:\s*\[/.test(text)) return null;
  const data = parseJson(text);
  if (!Array.isArray(data)) return null;
  const encoded = data.map((item: unknown) => {
    const record = asRecord(item);
    const vector = record?.['embedding'];
    return Array.isArray(vector) ? { ...record, embedding: toBase64Floats(vector) } : item;
  });
  return JSON.stringify(encoded);
}

/** Little-endian float32, as OpenAI encodes them. */
function toBase64Floats(vector: readonly unknown[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(Number(value), index * 4);
  return bytes.toString('base64');
}
