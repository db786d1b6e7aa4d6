import { CREATED_SECONDS, findModel, LISTED_MODELS } from '../../models/listed-models.js';

const entry = (id: string): string =>
  `{"id":${JSON.stringify(id)},"object":"model","created":${CREATED_SECONDS},"owned_by":"sluice-demo"}`;

/** The body of `GET /v1/models`. */
export const modelListBody = `{"object":"list","data":[${LISTED_MODELS.map(entry).join(',')}]}`;

/** The body of `GET /v1/models/:id`, undefined when there is no such model. */
export function modelBody(id: string): string | undefined {
  const model = findModel(id);
  return model === undefined ? undefined : entry(model.name);
}
