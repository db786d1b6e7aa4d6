import type { RequestCompleted } from '@sluice/contracts';

/** Under which model and provider a request is counted; empty where there is none. */
export interface MetricLabels {
  readonly model: string;
  readonly provider: string;
}

/** The fields that decide. */
export type LabelledEvent = Pick<RequestCompleted, 'requestedModel' | 'provider' | 'errorCode'>;

/**
 * Longest label that is kept, in UTF-16 units: four of these at three bytes each stay far below the 2,700 bytes that an
 * index entry of Postgres may have.
 */
const LONGEST_LABEL = 128;
const CUT = '…';

/**
 * The model is the one asked for. A name that no config knows, or that the key may not use (behind a wildcard there is
 * no end of them), is anybody's invention: it is not a label, or a client could make as many series as it has words.
 * Never throws.
 */
export function toMetricLabels(event: LabelledEvent): MetricLabels {
  const isInvented = event.errorCode === 'model_not_found' || event.errorCode === 'model_not_allowed';
  const model = isInvented ? '' : (event.requestedModel ?? '');
  return { model: toLabel(model), provider: toLabel(event.provider ?? '') };
}

/** Text that Postgres can hold in an index: cut with `…`, U+FFFD in place of NUL and lone surrogates. */
export function toLabel(text: string): string {
  const cut = text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - CUT.length)}${CUT}` : text;
  return cut.toWellFormed().replaceAll('\0', '\ufffd');
}
