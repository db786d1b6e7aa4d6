import { createLogger, createMetricsRegistry } from '@sluice/service-kit';
import { requestsOfSpool, waitFor } from '@sluice/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createExportMetrics } from '../export-metrics.js';
import { ContinuousExport } from './continuous-export.js';
import type { AppendResult, ExportBatch } from './part-writer.js';

/** A disk that takes nothing while it is full. */
class FakeDisk {
  isFull = false;
  readonly appends: ExportBatch[] = [];
  gate: Promise<void> = Promise.resolve();

  async append(batch: ExportBatch): Promise<AppendResult> {
    await this.gate;
    await this.roll();
    this.appends.push(batch);
    return { appended: batch.events.length, duplicates: 0, bytes: 1 };
  }

  roll(): Promise<void> {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return this.isFull ? Promise.reject(error) : Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

let disk: FakeDisk;
let continuous: ContinuousExport;
let pauses: { delayMs: number; end: () => void }[];
beforeEach(() => {
  disk = new FakeDisk();
  pauses = [];
  continuous = new ContinuousExport({
    writer: disk,
    folder: '/data/exports',
    metrics: createExportMetrics(createMetricsRegistry('export', 'test')),
    log: createLogger({ service: 'test', instance: 'test', level: 'silent' }),
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        pauses.push({ delayMs, end: resolve });
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  });
});

const batchOf = (count: number): ExportBatch => ({ events: requestsOfSpool(count), dead: [] });
const nextPause = (count: number) => waitFor(() => pauses[count - 1]);

describe('ContinuousExport', () => {
  it('a full disk: holds, says so, tries on with longer pauses, and goes on without loss when there is room', async () => {
    disk.isFull = true;
    const held = continuous.add(batchOf(3));
    (await nextPause(1)).end();
    expect(continuous.check()).toMatchObject({ ok: false, required: true });
    expect(continuous.check().detail).toMatch(/\/data\/exports \(SLUICE_DATA_DIR\).*the disk is full/);
    await nextPause(2);
    expect(pauses.map(({ delayMs }) => delayMs)).toEqual([200, 400]);
    disk.isFull = false;
    pauses[1]!.end();
    await held;
    expect(disk.appends.map(({ events }) => events.length)).toEqual([3]);
    expect(continuous.check()).toMatchObject({ ok: true });
  });

  it('what comes while an append is under way goes into one append after it', async () => {
    let open = (): void => undefined;
    disk.gate = new Promise((resolve) => {
      open = resolve;
    });
    const all = [1, 2, 3].map((count) => continuous.add(batchOf(count)));
    open();
    await Promise.all(all);
    expect(disk.appends.map(({ events }) => events.length)).toEqual([1, 5]);
  });

  it('a stop while the disk is full rejects what waits, so that it is not acked', async () => {
    disk.isFull = true;
    const held = continuous.add(batchOf(1));
    const rejected = expect(held).rejects.toThrow('the export stops');
    await nextPause(1);
    continuous.giveUpWaiting(new Error('the export stops'));
    await rejected;
    await expect(continuous.add(batchOf(1))).rejects.toThrow('the export stops');
    await continuous.close();
    expect(disk.appends).toEqual([]);
  });
});
