import { BASE_MODELS, parseModel, UnknownModelError } from '../../models/demo-model.js';

/** Names that show what can be asked for beside the base models. */
const EXAMPLES = ['demo-chat+fault=cut:200', 'demo-fault-503', 'demo-fault-429:2', 'demo-fault-stall'];
/** The day that the demo models came into being; a fixed number keeps the answer the same for ever. */
const CREATED = 1_790_000_000;

const entry = (id: string): string =>
  `{"id":${JSON.stringify(id)},"object":"model","created":${CREATED},"owned_by":"sluice-demo"}`;

/** The body of `GET /v1/models`. */
export const modelListBody = `{"object":"list","data":[${[...BASE_MODELS.map(({ id }) => id), ...EXAMPLES].map(entry).join(',')}]}`;

/** The body of `GET /v1/models/:id`, undefined when there is no such model. */
export function modelBody(id: string): string | undefined {
  try {
    return entry(parseModel(id).name);
  } catch (error) {
    if (error instanceof UnknownModelError) return undefined;
    throw error;
  }
}
