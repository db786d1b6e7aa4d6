// Who asks: each recorded exchange is played to clients of every dialect that has a word for its endpoint.
import type { RecordedCase } from './recorded-case.js';

export const CLIENT_DIALECTS = ['chat', 'messages'] as const;
export type ClientDialect = (typeof CLIENT_DIALECTS)[number];

/** One case, asked by one kind of client. */
export interface Play {
  readonly recorded: RecordedCase;
  readonly client: ClientDialect;
  /** For the test's title. */
  readonly title: string;
}

/** The dialect of the provider that was recorded. */
export const dialectOf = (recorded: RecordedCase): ClientDialect =>
  recorded.api === 'messages' || recorded.api === 'count_tokens' ? 'messages' : 'chat';

/** Whether client and provider speak the same: then the provider's own bytes come out. */
export const isRelayed = ({ recorded, client }: Pick<Play, 'recorded' | 'client'>): boolean =>
  dialectOf(recorded) === client;

/** Chat is asked for in each dialect; embeddings and counts only in their own. */
export function playsOf(recorded: RecordedCase): Play[] {
  const isChat = recorded.api === 'chat' || recorded.api === 'messages';
  const clients = isChat ? CLIENT_DIALECTS : [dialectOf(recorded)];
  return clients.map((client) => ({ recorded, client, title: `${recorded.id} to a client of ${client}` }));
}

/** How clients of a dialect show their key. */
export const credentialOf = (client: ClientDialect, key: string): Readonly<Record<string, string>> =>
  client === 'chat'
    ? { authorization: `Bearer ${key}` }
    : { 'x-api-key': key, 'anthropic-version': '2023-06-01' };
