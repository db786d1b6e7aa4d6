import type { Exchange } from '../chat/exchange.js';

/** Headers of an answer that begins before it is known who gives it, as node:http's flat list. */
export function earlyHeaders(exchange: Exchange, contentType: string): string[] {
  const headers = ['content-type', contentType, 'x-request-id', exchange.requestId];
  // Anthropic's SDKs read this one.
  if (exchange.dialect === 'messages') headers.push('request-id', exchange.requestId);
  return headers;
}

/** Headers of every other answer that a provider had a part in, as node:http's flat list. */
export function answerHeaders(exchange: Exchange, contentType: string): string[] {
  const headers = earlyHeaders(exchange, contentType);
  const { target } = exchange;
  if (target !== null) {
    headers.push(
      'x-sluice-provider',
      target.provider.name,
      'x-sluice-model',
      headerText(target.providerModel),
      'x-sluice-attempts',
      String(exchange.attemptsBegun),
    );
  }
  return headers;
}

/** Model names are an operator's free text; a header takes printable ASCII. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.toWellFormed());
}
