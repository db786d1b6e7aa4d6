import { BASE_MODELS, type DemoModel, parseModel, UnknownModelError } from './demo-model.js';

/** Names that show what can be asked for beside the base models. */
const EXAMPLES = ['demo-chat+fault=cut:200', 'demo-fault-503', 'demo-fault-429:2', 'demo-fault-stall'];

/** The day that the demo models came into being, in Unix seconds; a fixed number keeps the answer the same for ever. */
export const CREATED_SECONDS = 1_790_000_000;

/** What `GET /v1/models` lists, in its order. */
export const LISTED_MODELS: readonly string[] = [...BASE_MODELS.map(({ id }) => id), ...EXAMPLES];

/** The model of this name, undefined when there is none. */
export function findModel(id: string): DemoModel | undefined {
  try {
    return parseModel(id);
  } catch (error) {
    if (error instanceof UnknownModelError) return undefined;
    throw error;
  }
}
