import { ensureTopology } from '../ensure-streams.js';
import { connectNats, type NatsLink, type NatsLinkOptions } from '../nats-connection.js';
import { TopologyKeeper } from '../topology-keeper.js';

/** NATS as a consuming service holds it. */
export interface ConsumerLink {
  readonly nats: NatsLink;
  readonly topology: TopologyKeeper;
  /** For `/readyz`, by name. */
  readonly checks: readonly (readonly [
    name: string,
    check: () => { ok: boolean; required: true; detail?: string },
  ])[];
  /** In this order, when nothing is consumed any more. */
  readonly stopSteps: readonly { readonly name: string; readonly timeoutMs: number; run(): unknown }[];
}

/** Begins connecting and returns at once: the server may be down. Streams and durables are looked after from `topology.start()` on. */
export function connectConsumer(options: NatsLinkOptions): ConsumerLink {
  const { log } = options;
  const nats = connectNats(options);
  const topology = new TopologyKeeper({
    nats,
    log,
    ensure: async () => ensureTopology(await nats.ready, { log }),
  });
  return {
    nats,
    topology,
    checks: [
      ['nats', () => ({ ok: nats.isConnected(), required: true, detail: nats.address })],
      ['streams', () => topology.check()],
    ],
    stopSteps: [
      { name: 'topology', timeoutMs: 100, run: () => topology.stop() },
      // Its drain and its close, each with a limit of its own.
      { name: 'nats', timeoutMs: 10_500, run: () => nats.close() },
    ],
  };
}
