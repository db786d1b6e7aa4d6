import { hash64 } from '../../ledger/hash64.js';

/** The signature under a thought: what only this provider can have written, and what shows that the thought was changed. */
export function signThinking(thinking: string): string {
  const [high, low] = hash64(`sluice demo ${thinking}`);
  return Buffer.from(`${PREFIX}${high.toString(16)}-${low.toString(16)}`).toString('base64');
}

/** Whether a thought came from here as it is. One that was left out of the answer comes back empty. */
export function isOwnThinking(thinking: string, signature: string): boolean {
  if (thinking !== '') return signature === signThinking(thinking);
  return Buffer.from(signature, 'base64').toString().startsWith(PREFIX);
}

const PREFIX = 'demo-thought-';
