import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { type BusLog } from './bus-log.js';
import {
  DURABLES,
  STREAMS,
  type DurableDefinition,
  type DurableName,
  type StreamDefinition,
  type StreamName,
} from './streams.js';

/** Overrides for small machines and tests. */
export interface EnsureTopologyOptions {
  readonly log: BusLog;
  /** Instead of the table's `maxBytes`. */
  readonly maxBytes?: Partial<Record<StreamName, number>>;
}

/** What was done to one stream or durable. `kept`: it differs and was left as it is, see `note`. */
export interface TopologyChange {
  readonly name: StreamName | DurableName;
  readonly action: 'created' | 'updated' | 'unchanged' | 'kept';
  readonly note?: string;
}

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const INSUFFICIENT_STORAGE = 10047;
const SMALLEST_STREAM_BYTES = 16 * 1024 * 1024;
const API_TIMEOUT_MS = 10_000;

/**
 * Makes every stream and durable of {@link STREAMS} and {@link DURABLES}, and brings changed limits up to date. Safe
 * to call again and from several processes. It never removes a stored message: a limit below what is stored is left
 * as it is and said so. Where the server's store is too small for a stream, the stream is made smaller, with a
 * warning. @throws JetStreamApiError when the server refuses for another reason.
 */
export async function ensureTopology(
  connection: NatsConnection,
  options: EnsureTopologyOptions,
): Promise<TopologyChange[]> {
  const manager = await jetstreamManager(connection, { timeout: API_TIMEOUT_MS });
  const changes: TopologyChange[] = [];
  // Object.entries forgets the keys' type; the tables are `as const`.
  for (const [name, definition] of Object.entries(STREAMS) as [StreamName, StreamDefinition][]) {
    const wanted = { ...definition, maxBytes: options.maxBytes?.[name] ?? definition.maxBytes };
    changes.push(await ensureStream(manager, name, wanted));
  }
  for (const [name, definition] of Object.entries(DURABLES) as [DurableName, DurableDefinition][]) {
    changes.push(await ensureDurable(manager, name, definition));
  }
  for (const change of changes) report(change, options.log);
  return changes;
}

async function ensureStream(
  manager: JetStreamManager,
  name: StreamName,
  wanted: StreamDefinition,
): Promise<TopologyChange> {
  const info = await findOrNull(manager.streams.info(name), STREAM_NOT_FOUND);
  if (info === null) return createStream(manager, name, wanted);
  const keeps = planLimits(info, wanted);
  if (info.config.retention !== RetentionPolicy.Limits || info.config.storage !== StorageType.File) {
    return { name, action: 'kept', note: 'retention or storage differ; only a new stream can change them' };
  }
  const note = keeps.note === undefined ? {} : { note: keeps.note };
  if (!keeps.isChanged) return { name, action: keeps.note === undefined ? 'unchanged' : 'kept', ...note };
  try {
    await manager.streams.update(name, keeps.config);
    return { name, action: 'updated', ...note };
  } catch (error) {
    if (!isApiError(error, INSUFFICIENT_STORAGE)) throw error;
    return { name, action: 'kept', note: `the server has no space for ${wanted.maxBytes} bytes` };
  }
}

async function createStream(
  manager: JetStreamManager,
  name: StreamName,
  wanted: StreamDefinition,
): Promise<TopologyChange> {
  for (let maxBytes = wanted.maxBytes; ; maxBytes = Math.floor(maxBytes / 2)) {
    try {
      await manager.streams.add({ name, ...toStreamConfig({ ...wanted, maxBytes }) });
      const note = `made with max_bytes ${maxBytes}: the server has no space for ${wanted.maxBytes}`;
      return { name, action: 'created', ...(maxBytes === wanted.maxBytes ? {} : { note }) };
    } catch (error) {
      if (!isApiError(error, INSUFFICIENT_STORAGE) || maxBytes / 2 < SMALLEST_STREAM_BYTES) throw error;
    }
  }
}

const toStreamConfig = (
  wanted: StreamDefinition,
): Partial<StreamConfig> & Pick<StreamConfig, 'subjects'> => ({
  subjects: [...wanted.subjects],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(wanted.maxAgeMs),
  max_bytes: wanted.maxBytes,
  duplicate_window: nanos(wanted.duplicateWindowMs),
});

/** What an existing stream should become, without a limit that would remove what is stored. */
function planLimits(
  { config, state }: StreamInfo,
  wanted: StreamDefinition,
): { config: Partial<StreamConfig>; isChanged: boolean; note?: string } {
  const target = toStreamConfig(wanted);
  const notes: string[] = [];
  if (config.max_bytes > wanted.maxBytes && state.bytes > wanted.maxBytes) {
    target.max_bytes = config.max_bytes;
    notes.push(`max_bytes stays ${config.max_bytes}: ${state.bytes} bytes are stored`);
  }
  const wantedAge = nanos(wanted.maxAgeMs);
  const hadLongerAge = config.max_age === 0 || config.max_age > wantedAge;
  if (hadLongerAge && state.messages > 0 && Date.parse(state.first_ts) < Date.now() - wanted.maxAgeMs) {
    target.max_age = config.max_age;
    notes.push('max_age stays: older messages are stored');
  }
  const isChanged =
    config.max_bytes !== target.max_bytes ||
    config.max_age !== target.max_age ||
    config.discard !== target.discard ||
    config.duplicate_window !== target.duplicate_window ||
    [...config.subjects].sort().join() !== [...wanted.subjects].sort().join();
  return { config: target, isChanged, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

async function ensureDurable(
  manager: JetStreamManager,
  name: DurableName,
  wanted: DurableDefinition,
): Promise<TopologyChange> {
  const limits = {
    ack_wait: nanos(wanted.ackWaitMs),
    max_deliver: -1,
    max_ack_pending: wanted.maxAckPending,
  };
  const info = await findOrNull(manager.consumers.info(wanted.stream, name), CONSUMER_NOT_FOUND);
  if (info === null) {
    await manager.consumers.add(wanted.stream, {
      durable_name: name,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ...limits,
    });
    return { name, action: 'created' };
  }
  const { config } = info;
  if (config.deliver_policy !== DeliverPolicy.All || config.ack_policy !== AckPolicy.Explicit) {
    return { name, action: 'kept', note: 'deliver or ack policy differ; only a new durable can change them' };
  }
  const isSame =
    config.ack_wait === limits.ack_wait &&
    config.max_ack_pending === limits.max_ack_pending &&
    (config.max_deliver ?? -1) === limits.max_deliver;
  if (isSame) return { name, action: 'unchanged' };
  await manager.consumers.update(wanted.stream, name, limits);
  return { name, action: 'updated' };
}

async function findOrNull<T>(lookup: Promise<T>, notFound: number): Promise<T | null> {
  try {
    return await lookup;
  } catch (error) {
    if (isApiError(error, notFound)) return null;
    throw error;
  }
}

const isApiError = (error: unknown, code: number): boolean =>
  error instanceof JetStreamApiError && error.code === code;

function report({ name, action, note }: TopologyChange, log: BusLog): void {
  if (note !== undefined) log.warn({ name, action }, `JetStream ${name}: ${note}`);
  else if (action !== 'unchanged') log.info({ name, action }, `JetStream ${name} ${action}`);
}
