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
import type { BusLog } from './bus-log.js';
import {
  type BucketStream,
  BUCKETS,
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
  readonly name: StreamName | BucketStream | DurableName;
  readonly action: 'created' | 'updated' | 'unchanged' | 'kept';
  readonly note?: string;
}

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const STREAM_NAME_IN_USE = 10058;
const INSUFFICIENT_STORAGE = 10047;
const SMALLEST_STREAM_BYTES = 16 * 1024 * 1024;
/** Of the wanted bytes; then four times as much, until all. */
const FIRST_SHARE = 1 / 64;
const SHARE_STEP = 4;
const API_TIMEOUT_MS = 10_000;

/**
 * Makes every stream, bucket and durable of {@link STREAMS}, {@link BUCKETS} and {@link DURABLES}, and brings changed limits up to date. Safe
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
  const made = new Map<StreamName | BucketStream, StreamDefinition>();
  // Object.entries forgets the keys' type; the tables are `as const`.
  for (const [name, definition] of Object.entries(STREAMS) as [StreamName, StreamDefinition][]) {
    const wanted = { ...definition, maxBytes: options.maxBytes?.[name] ?? definition.maxBytes };
    const change = await ensureStream(manager, name, wanted);
    if (change === null) made.set(name, wanted);
    else changes.push(change);
  }
  for (const [name, definition] of Object.entries(BUCKETS) as [BucketStream, StreamDefinition][]) {
    const change = await ensureStream(manager, name, definition);
    if (change === null) made.set(name, definition);
    else changes.push(change);
  }
  changes.push(...(await growEvenly(manager, made)));
  for (const [name, definition] of Object.entries(DURABLES) as [DurableName, DurableDefinition][]) {
    changes.push(await ensureDurable(manager, name, definition));
  }
  for (const change of changes) report(change, options.log);
  return changes;
}

/** Null when the stream was made, small for a start: {@link growEvenly} does the rest. */
async function ensureStream(
  manager: JetStreamManager,
  name: StreamName | BucketStream,
  wanted: StreamDefinition,
): Promise<TopologyChange | null> {
  const info = await findOrNull(manager.streams.info(name), STREAM_NOT_FOUND);
  if (info === null) {
    const maxBytes = Math.min(SMALLEST_STREAM_BYTES, wanted.maxBytes);
    try {
      const bucket = Object.hasOwn(BUCKETS, name) ? BUCKET_CONFIG : {};
      await manager.streams.add({ name, ...toStreamConfig({ ...wanted, maxBytes }), ...bucket });
      return null;
    } catch (error) {
      // Another service was faster and has begun to grow it.
      if (!isApiError(error, STREAM_NAME_IN_USE)) throw error;
      return ensureStream(manager, name, wanted);
    }
  }
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

/**
 * Grows new streams together, step by step, to what they should have. The server reserves each stream's bytes and does
 * not tell how many it has: where they run out, every stream has got its share.
 */
async function growEvenly(
  manager: JetStreamManager,
  made: ReadonlyMap<StreamName | BucketStream, StreamDefinition>,
): Promise<TopologyChange[]> {
  const reached = new Map<string, number>();
  const stuck = new Set<string>();
  for (let share = FIRST_SHARE; share <= 1; share *= SHARE_STEP) {
    for (const [name, wanted] of made) {
      const before = reached.get(name) ?? Math.min(SMALLEST_STREAM_BYTES, wanted.maxBytes);
      const maxBytes = Math.floor(wanted.maxBytes * share);
      if (stuck.has(name) || maxBytes <= before) {
        reached.set(name, before);
        continue;
      }
      if (await tryGrow(manager, name, maxBytes)) reached.set(name, maxBytes);
      else stuck.add(name);
    }
  }
  return [...made].map(([name, wanted]) => ({
    name,
    action: 'created',
    ...(stuck.has(name)
      ? { note: `made with max_bytes ${reached.get(name) ?? 0}: no space for ${wanted.maxBytes}` }
      : {}),
  }));
}

async function tryGrow(manager: JetStreamManager, name: string, maxBytes: number): Promise<boolean> {
  try {
    await manager.streams.update(name, { max_bytes: maxBytes });
    return true;
  } catch (error) {
    if (isApiError(error, INSUFFICIENT_STORAGE)) return false;
    throw error;
  }
}

/** What makes a stream a key-value bucket that any NATS client can read; nats-server 2.9 has all of it. */
const BUCKET_CONFIG = {
  max_msgs_per_subject: 1,
  allow_direct: true,
  allow_rollup_hdrs: true,
  deny_delete: true,
} satisfies Partial<StreamConfig>;

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
