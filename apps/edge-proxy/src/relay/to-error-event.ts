import { type GatewayError, toOpenAiErrorBody } from '@sluice/contracts';

/** The event that ends a begun stream instead of its terminal marker: no client may take the stream for whole. */
export const toErrorEvent = (error: GatewayError): string =>
  `data: ${toOpenAiErrorBody(error.code, error.message, error.param)}\n\n`;
