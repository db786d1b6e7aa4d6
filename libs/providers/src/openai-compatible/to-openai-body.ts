import type { ProviderConfig } from '@sluice/config-schema';
import type { RequestBody } from '../provider-adapter.js';
import { asRecord, parseJson } from '../wire/read-unknown.js';
import { applySplices, type Splice } from '../wire/splice.js';

/** Whether usage must be forced on for a stream that did not ask for it. */
export function forcesOpenAiUsage(body: RequestBody, provider: ProviderConfig): boolean {
  return (
    body.stream && !body.includeUsage && body.endpoint === 'chat.completions' && provider.quirks.streamOptions
  );
}

/** The judged bytes with the provider's model name and, for streams, usage forced on. */
export function toOpenAiBody(body: RequestBody, provider: ProviderConfig, providerModel: string): Buffer {
  const { model, streamOptions, rootStart } = body.spans;
  const splices: Splice[] = [{ start: model.start, end: model.end, text: JSON.stringify(providerModel) }];
  if (forcesOpenAiUsage(body, provider)) {
    if (streamOptions === null) {
      splices.push({ start: rootStart, end: rootStart, text: '"stream_options":{"include_usage":true},' });
    } else {
      splices.push({
        ...streamOptions,
        text: withUsage(body.bytes.toString('utf8', streamOptions.start, streamOptions.end)),
      });
    }
  }
  return applySplices(
    body.bytes,
    splices.sort((a, b) => a.start - b.start),
  );
}

/** The client's own stream options, kept, with usage switched on. */
function withUsage(text: string): string {
  return JSON.stringify({ ...asRecord(parseJson(text)), include_usage: true });
}
