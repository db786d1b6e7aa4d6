// What `GET /v1/models` answers, in the shape of each dialect.

/** A model as OpenAI's clients expect it. */
export interface ChatModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** A model as Anthropic's clients expect it. */
export interface MessagesModel {
  readonly type: 'model';
  readonly id: string;
  readonly display_name: string;
  /** RFC 3339. */
  readonly created_at: string;
}

/** OpenAI's list: all at once. */
export interface ChatModelList {
  readonly object: 'list';
  readonly data: readonly ChatModel[];
}

/** Anthropic's list: pages. */
export interface MessagesModelList {
  readonly data: readonly MessagesModel[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/** Which page of Anthropic's list; the values of the query, whatever they are. */
export interface ModelPage {
  readonly limit?: unknown;
  readonly after_id?: unknown;
  readonly before_id?: unknown;
}

export const toChatModel = (id: string, createdSeconds: number): ChatModel => ({
  id,
  object: 'model',
  created: createdSeconds,
  owned_by: 'sluice',
});

export const toMessagesModel = (id: string, createdSeconds: number): MessagesModel => ({
  type: 'model',
  id,
  display_name: id,
  created_at: new Date(createdSeconds * 1000).toISOString(),
});

/**
 * One page of Anthropic's list. Without a limit all that is left; what cannot be understood in the query is as if it
 * were not there.
 */
export function toMessagesModelList(
  models: readonly MessagesModel[],
  { limit, after_id: after, before_id: before }: ModelPage,
): MessagesModelList {
  const placeOf = (id: unknown): number => models.findIndex((model) => model.id === id);
  const asked = Number(limit);
  const count = Number.isInteger(asked) && asked > 0 ? asked : models.length;
  const end = placeOf(before);
  const isBackward = end >= 0;
  const rest = isBackward ? models.slice(0, end) : models.slice(placeOf(after) + 1);
  const data = isBackward ? rest.slice(-count) : rest.slice(0, count);
  return {
    data,
    has_more: data.length < rest.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
