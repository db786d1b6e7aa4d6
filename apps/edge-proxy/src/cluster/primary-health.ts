// What the primary's `/readyz` says of the workers.
import type { NatsLink, SpoolStats } from '@sluice/bus/publishing';
import type { DependencyState } from '@sluice/service-kit';
import { loadHealth } from '../overload/load-health.js';
import type { WorkerStatus } from './worker-protocol.js';
import type { WorkerSlot, WorkerState } from './worker-slot.js';

/** Ready is who has a worker that serves; one of them missing is shown. */
export function workersHealth(slots: readonly WorkerSlot[]): DependencyState {
  const away = slots.filter(({ state }) => state.kind !== 'serving');
  const words = [
    `${slots.length - away.length} of ${slots.length} serve`,
    ...away.map(({ number, state }) => `worker ${number} ${wordOf(state)}`),
  ];
  return { ok: away.length === 0, required: away.length === slots.length, detail: words.join('; ') };
}

/** The primary and every worker have a connection each. */
export function natsHealth(
  slots: readonly WorkerSlot[],
  own: Pick<NatsLink, 'isConnected' | 'address'>,
): DependencyState {
  const away = statusesOf(slots).filter(({ status }) => !status.isNatsConnected);
  const names = away.map(({ number }) => `worker ${number}`);
  if (!own.isConnected()) names.unshift('the primary');
  return {
    ok: names.length === 0,
    detail: names.length === 0 ? own.address : `${own.address}, away from ${names.join(', ')}`,
  };
}

/** The primary and every worker have a spool each. */
export function spoolHealth(slots: readonly WorkerSlot[], own: SpoolStats): DependencyState {
  return { ok: own.isStoring && statusesOf(slots).every(({ status }) => status.spool.isStoring) };
}

/** Every worker sheds for itself. */
export function workersLoadHealth(slots: readonly WorkerSlot[]): DependencyState {
  return loadHealth(
    statusesOf(slots).map(({ number, status }) => ({ name: `worker ${number}`, shutFor: status.shutFor })),
  );
}

/** Further fields of `/readyz`. */
export function workersInfo(slots: readonly WorkerSlot[], own: SpoolStats): Record<string, unknown> {
  return {
    spool: statusesOf(slots)
      .map(({ status }) => status.spool)
      .reduce(plus, own),
    workers: slots.map(({ number, state, worker, status, restarts }) => ({
      worker: number,
      pid: worker?.pid ?? null,
      state: state.kind,
      configVersion: status?.configVersion ?? null,
      restarts,
    })),
  };
}

function statusesOf(
  slots: readonly WorkerSlot[],
): readonly { readonly number: number; readonly status: WorkerStatus }[] {
  return slots.flatMap(({ number, status }) => (status === null ? [] : [{ number, status }]));
}

function wordOf(state: WorkerState): string {
  return state.kind === 'waiting' ? `starts again in ${state.delayMs} ms` : `is ${state.kind}`;
}

function plus(left: SpoolStats, right: SpoolStats): SpoolStats {
  return {
    appended: left.appended + right.appended,
    pending: left.pending + right.pending,
    adoptedPending: left.adoptedPending + right.adoptedPending,
    droppedByStream: sumOfCounts(left.droppedByStream, right.droppedByStream),
    openIntents: left.openIntents + right.openIntents,
    intentsNotStored: left.intentsNotStored + right.intentsNotStored,
    intentsRecovered: left.intentsRecovered + right.intentsRecovered,
    bytes: left.bytes + right.bytes,
    segments: left.segments + right.segments,
    adoptedSpools: left.adoptedSpools + right.adoptedSpools,
    adoptedHoles: left.adoptedHoles + right.adoptedHoles,
    damagedBytes: left.damagedBytes + right.damagedBytes,
    isStoring: left.isStoring && right.isStoring,
  };
}

type Counts = SpoolStats['droppedByStream'];

function sumOfCounts(left: Counts, right: Counts): Counts {
  const names = Object.keys(left) as (keyof Counts)[]; // A full record: these are all its keys.
  return Object.fromEntries(names.map((name) => [name, left[name] + right[name]])) as Counts; // As above.
}
