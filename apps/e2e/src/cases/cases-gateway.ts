// The whole line: client -> edge -> replay server, and the edge's events on NATS.
import { createHash, randomBytes } from 'node:crypto';
import { dialectOf } from './client-dialect.js';
import { startEdge, type ServiceProcess } from './edge-process.js';
import { type EventLog, startEventLog } from './event-log.js';
import { prefixOf, type RecordedCase } from './recorded-case.js';
import { type ReplayServer, startReplayServer } from './replay-server.js';

export interface CasesGateway {
  readonly edge: ServiceProcess;
  readonly replay: ReplayServer;
  readonly events: EventLog;
  /** The client's key. */
  readonly clientKey: string;
  /** The key that the gateway shows to the provider of a case. */
  providerKeyOf(recorded: RecordedCase): string;
  close(): Promise<void>;
}

/** The name under which clients ask for the model of a case. */
export const aliasOf = (recorded: RecordedCase): string => `alias-of/${recorded.id}`;

/** What the config calls the provider's model. */
export function providerModelOf(recorded: RecordedCase): string {
  const model = recorded.upstream.requestBody?.['model'];
  return typeof model === 'string' && model !== '' ? model : 'recorded-model';
}

/** Starts everything; one provider and one model for each case. Nothing is repeated: what came of the one call is to be seen. */
export async function startCasesGateway(cases: readonly RecordedCase[]): Promise<CasesGateway> {
  const replay = await startReplayServer();
  const events = await startEventLog();
  const clientKey = `client-${randomBytes(24).toString('hex')}`;
  const salt = randomBytes(16).toString('hex');
  const providerKeyOf = (recorded: RecordedCase): string => `provider-${providerNameOf(recorded)}-${salt}`;
  const providers = Object.fromEntries(
    cases.map((recorded) => [
      providerNameOf(recorded),
      {
        type: dialectOf(recorded) === 'messages' ? 'anthropic' : 'openai-compatible',
        baseUrl: `http://127.0.0.1:${replay.port}${prefixOf(recorded)}`,
        apiKey: providerKeyOf(recorded),
        allowPrivateNetwork: true,
      },
    ]),
  );
  const models = Object.fromEntries(
    cases.map((recorded) => [
      aliasOf(recorded),
      { routes: [{ provider: providerNameOf(recorded), model: providerModelOf(recorded) }] },
    ]),
  );
  const config = {
    providers,
    models,
    retry: { maxAttempts: 1 },
    keys: [{ name: 'suite', key: clientKey, models: ['*', 'alias-of/*'] }],
  };
  const edge = await startEdge({ config, natsUrl: events.natsUrl });
  return {
    edge,
    replay,
    events,
    clientKey,
    providerKeyOf,
    close: async () => {
      await edge.stop();
      await Promise.all([replay.close(), events.close()]);
    },
  };
}

/** The provider's entry in the config: each case has its own, with the health that its answers leave behind. */
export const providerNameOf = ({ provider, id }: RecordedCase): string =>
  `${provider}-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
