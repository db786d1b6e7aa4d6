import { asRecord } from '../wire/read-unknown.js';
import type { UnknownRecord } from '../translate/read-request.js';

/** Where a cited text stands in the whole content of an answer, in characters. */
export interface CitedSpan {
  readonly start: number;
  readonly end: number;
}

/** Citations of web pages as OpenAI's annotations; other citations have no equal and are left out. */
export function toAnnotations(citations: unknown, span: CitedSpan): UnknownRecord[] {
  if (!Array.isArray(citations)) return [];
  return citations.flatMap((item: unknown) => {
    const citation = asRecord(item);
    const url = citation?.['url'];
    if (citation === null || typeof url !== 'string' || url === '') return [];
    const title = typeof citation['title'] === 'string' ? citation['title'] : '';
    return [
      { type: 'url_citation', url_citation: { url, title, start_index: span.start, end_index: span.end } },
    ];
  });
}
