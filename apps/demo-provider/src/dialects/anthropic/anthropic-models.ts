// The list of models in Anthropic's shape, in pages.
import { CREATED_SECONDS, findModel, LISTED_MODELS } from '../../models/listed-models.js';

const CREATED_AT = new Date(CREATED_SECONDS * 1000).toISOString();
const DEFAULT_LIMIT = 20;
const MOST_LIMIT = 1_000;

/** The body of `GET /v1/models`; undefined when the query asks for what there is not. */
export function anthropicModelListBody(query: URLSearchParams): string | undefined {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_LIMIT) return undefined;
  const after = placeOf(query.get('after_id'), -1);
  const before = placeOf(query.get('before_id'), LISTED_MODELS.length);
  if (after === undefined || before === undefined) return undefined;
  const ids = LISTED_MODELS.slice(after + 1, before);
  const isBackward = query.has('before_id');
  const page = isBackward ? ids.slice(-limit) : ids.slice(0, limit);
  return JSON.stringify({
    data: page.map(toEntry),
    has_more: page.length < ids.length,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  });
}

/** The body of `GET /v1/models/:id`, undefined when there is no such model. */
export function anthropicModelBody(id: string): string | undefined {
  return findModel(id) === undefined ? undefined : JSON.stringify(toEntry(id));
}

function placeOf(id: string | null, otherwise: number): number | undefined {
  if (id === null) return otherwise;
  const place = LISTED_MODELS.indexOf(id);
  return place < 0 ? undefined : place;
}

const toEntry = (id: string): Record<string, unknown> => ({
  type: 'model',
  id,
  display_name: `Demo: ${id}`,
  created_at: CREATED_AT,
  capabilities: null,
  deprecated_at: null,
  lifecycle: 'active',
  line: null,
  max_input_tokens: null,
  max_tokens: null,
  retires_at: null,
});
