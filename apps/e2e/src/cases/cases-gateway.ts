// The whole line: client -> edge -> replay server, and the edge's events on NATS.
import { randomBytes } from 'node:crypto';
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

/** Starts everything; one provider for each address that the cases need, one model for each case. */
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

/** The provider's entry in the config: by provider and address. */
export const providerNameOf = (recorded: RecordedCase): string =>
  `${recorded.provider}${prefixOf(recorded).replace(/[^A-Za-z0-9]+/g, '-')}`.slice(0, 64);
