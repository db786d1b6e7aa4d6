import { z } from 'zod';
import { hash64 } from '../../ledger/hash64.js';
import type { Exchange } from '../../http/exchange.js';
import { invalidRequest } from '../../http/openai-error.js';
import { parseWith } from './chat-request.schema.js';
import { countTokens } from '../../answers/count-tokens.js';
import type { Endpoint } from '../run-endpoint.js';

const tokenIds = z.array(z.number().int().min(0)).min(1);

const embeddingsRequestSchema = z.object({
  model: z.string().min(1),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(2048),
    tokenIds,
    z.array(tokenIds).min(1),
  ]),
  dimensions: z.number().int().min(1).max(3072).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
});

type EmbeddingsRequest = z.infer<typeof embeddingsRequestSchema>;

/** Small enough to be quick, large enough to keep unlike texts apart. */
const DEFAULT_DIMENSIONS = 256;
const DIMENSIONS_PER_WORD = 8;
const MOST_INPUTS = 2048;

/** `POST /v1/embeddings`. */
export const embeddings: Endpoint<EmbeddingsRequest> = {
  does: 'embeddings',
  parse: (body) => {
    const parsed = parseWith(embeddingsRequestSchema, body);
    if (!parsed.ok || inputsOf(parsed.value).length <= MOST_INPUTS) return parsed;
    return { ok: false, error: invalidRequest(`'input' may hold at most ${MOST_INPUTS} texts.`, 'input') };
  },
  isStream: () => false,
  answer: (exchange, request) => {
    const { plan } = exchange;
    if (plan.firstTokenMs === undefined) answerEmbeddings(exchange, request);
    else exchange.later(plan.firstTokenMs, () => answerEmbeddings(exchange, request));
  },
};

/** A unit vector that depends on the text's words and their order; texts that share words are near each other. */
export function embed(words: readonly string[], dimensions: number): Float32Array<ArrayBuffer> {
  const sums = new Float64Array(dimensions);
  for (const word of words) addWord(sums, word.toLowerCase(), 1);
  // The text as a whole, in small: the same words in another order are another vector, and no vector is zero.
  addWord(sums, words.join(' '), 0.1);
  const length = Math.hypot(...sums);
  const vector = new Float32Array(dimensions);
  if (length === 0) vector[0] = 1;
  else for (let index = 0; index < dimensions; index += 1) vector[index] = (sums[index] ?? 0) / length;
  return vector;
}

function answerEmbeddings(exchange: Exchange, request: EmbeddingsRequest): void {
  const inputs = inputsOf(request);
  const dimensions = request.dimensions ?? DEFAULT_DIMENSIONS;
  const data = inputs.map((input, index) => {
    const words =
      typeof input === 'string' ? input.split(/\s+/).filter((word) => word !== '') : input.map(String);
    const vector = embed(words, dimensions);
    const embedding =
      request.encoding_format === 'base64' ? `"${toBase64(vector)}"` : `[${vector.join(',')}]`;
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`;
  });
  const tokens = inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? countTokens(input) : input.length),
    0,
  );
  const usage =
    exchange.plan.withoutUsage === true
      ? ''
      : `,"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  exchange.serving.promptTokens = tokens;
  exchange.answer(
    200,
    'application/json',
    `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(request.model)}${usage}}`,
  );
}

/** One text or list of token ids for each vector that is asked for. */
function inputsOf({ input }: EmbeddingsRequest): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input];
  const texts = input.filter((entry) => typeof entry === 'string');
  if (texts.length > 0) return texts;
  const lists = input.filter((entry) => Array.isArray(entry));
  return lists.length > 0 ? lists : [input.filter((entry) => typeof entry === 'number')];
}

function addWord(sums: Float64Array, word: string, weight: number): void {
  let [high, low] = hash64(word);
  for (let step = 0; step < DIMENSIONS_PER_WORD; step += 1) {
    const index = high % sums.length;
    sums[index] = (sums[index] ?? 0) + ((low & 1) === 0 ? weight : -weight);
    high = (Math.imul(high, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
    low >>>= 1;
  }
}

/** Little-endian float32, whatever the machine. */
function toBase64(vector: Float32Array<ArrayBuffer>): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
