import { invalidRequest, type OpenAiError } from '../http/openai-error.js';
import { anthropicModelBody, anthropicModelListBody } from './anthropic/anthropic-models.js';
import { modelBody, modelListBody } from './openai/models.js';

const LIST = '/v1/models';

/** The body of `GET /v1/models[/:id]` in one of the two shapes, or why there is none. Never throws. */
export function answerModels(url: string, isAnthropic: boolean): string | OpenAiError {
  const [path = '', query = ''] = url.split('?', 2);
  if (path === LIST) {
    const list = isAnthropic ? anthropicModelListBody(new URLSearchParams(query)) : modelListBody;
    return (
      list ?? invalidRequest("'limit' is 1 to 1000; 'after_id' and 'before_id' name listed models.", null)
    );
  }
  const id = decode(path.slice(LIST.length + 1));
  const body = isAnthropic ? anthropicModelBody(id) : modelBody(id);
  return body ?? invalidRequest('The model does not exist.', null, { status: 404, code: 'model_not_found' });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not an escape after all: then it is the name itself.
    return text;
  }
}
