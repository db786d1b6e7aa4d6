// What a request asks of a model: looked at only when a model says what it can.
import type { ModelCapability } from '@sluice/config-schema';
import { asRecord, parseJson, type RequestBody } from '@sluice/providers';

/** Bytes of a prompt for each of its tokens, roughly, in every language and tokenizer. */
const BYTES_PER_TOKEN = 4;
/** No tokenizer puts more of an ordinary text into a token, on average. */
const MOST_BYTES_PER_TOKEN = 8;
/** Longer runs without a blank are data, not words. */
const MAX_WORD_CHARS = 2_000;
/** Tokens of an answer whose length nobody bounds, for estimates of its cost. */
const USUAL_OUTPUT_TOKENS = 512;

/** What a request uses. Read once, when first asked for. */
export class RequestNeeds {
  readonly #body: RequestBody;
  readonly #maxTokens: number | null;
  #capabilities: ReadonlySet<ModelCapability> | null = null;

  /** @param maxTokens what the client allows, null when it sets no bound */
  constructor(body: RequestBody, maxTokens: number | null) {
    this.#body = body;
    this.#maxTokens = maxTokens;
  }

  /** By the size of the body: an estimate that needs no reading. */
  get inputTokens(): number {
    return Math.ceil(this.#body.bytes.length / BYTES_PER_TOKEN);
  }

  /**
   * Whether the prompt cannot fit into so many tokens, however kindly they are counted: the provider counts them right,
   * so only what is far above is refused here. Attachments are left out, they are not counted by their size.
   */
  exceeds(windowTokens: number): boolean {
    const { endpoint, bytes } = this.#body;
    // A batch has a window for each of its texts, and a count asks just this.
    if (endpoint === 'embeddings' || endpoint === 'messages.count_tokens') return false;
    const most = windowTokens * MOST_BYTES_PER_TOKEN;
    return bytes.length > most && textLength(this.#read()) > most;
  }

  /** What the client allows, else what is usual. */
  get outputTokens(): number {
    const { endpoint } = this.#body;
    if (endpoint === 'embeddings' || endpoint === 'messages.count_tokens') return 0;
    return this.#maxTokens ?? USUAL_OUTPUT_TOKENS;
  }

  get capabilities(): ReadonlySet<ModelCapability> {
    this.#capabilities ??= findCapabilities(this.#read(), this.#body.endpoint === 'embeddings');
    return this.#capabilities;
  }

  /** The body was scanned as strict JSON with an object at its root. */
  #read(): Readonly<Record<string, unknown>> {
    return asRecord(parseJson(this.#body.bytes.toString('utf8'))) ?? {};
  }
}

function findCapabilities(
  body: Readonly<Record<string, unknown>>,
  isEmbedding: boolean,
): Set<ModelCapability> {
  if (isEmbedding) return new Set(['embeddings']);
  const needs = new Set<ModelCapability>();
  if (isFilled(body['tools']) || isFilled(body['functions'])) needs.add('tools');
  if (asksForJson(body)) needs.add('jsonSchema');
  if (asksForThought(body)) needs.add('reasoning');
  if (body['audio'] !== undefined && body['audio'] !== null) needs.add('audio');
  for (const message of listOf(body['messages'])) {
    for (const part of listOf(asRecord(message)?.['content'])) addPart(part, needs);
  }
  return needs;
}

/** Parts of both dialects; a tool's result holds parts of its own. */
function addPart(part: unknown, needs: Set<ModelCapability>): void {
  const fields = asRecord(part);
  const type = fields?.['type'];
  if (type === 'image_url' || type === 'image' || type === 'input_image') needs.add('images');
  else if (type === 'input_audio') needs.add('audio');
  else if (type === 'file' || type === 'document') needs.add('documents');
  else if (type === 'tool_result') for (const inner of listOf(fields?.['content'])) addPart(inner, needs);
}

function asksForJson(body: Readonly<Record<string, unknown>>): boolean {
  const ofChat = asRecord(body['response_format'])?.['type'];
  const ofMessages =
    asRecord(asRecord(body['output_config'])?.['format'])?.['type'] ??
    asRecord(body['output_format'])?.['type'];
  return ofChat === 'json_schema' || ofMessages === 'json_schema';
}

function asksForThought(body: Readonly<Record<string, unknown>>): boolean {
  const effort = body['reasoning_effort'];
  const thinking = asRecord(body['thinking'])?.['type'];
  return (
    (typeof effort === 'string' && effort !== 'none') ||
    (typeof thinking === 'string' && thinking !== 'disabled')
  );
}

/** Characters of all texts of a document, attachments left out. */
function textLength(value: unknown): number {
  if (typeof value === 'string') return isData(value) ? 0 : value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  for (const part of Object.values(value)) sum += textLength(part);
  return sum;
}

const isData = (text: string): boolean =>
  text.startsWith('data:') || (text.length > MAX_WORD_CHARS && !/\s/.test(text.slice(0, MAX_WORD_CHARS)));

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isFilled = (value: unknown): boolean => listOf(value).length > 0;
