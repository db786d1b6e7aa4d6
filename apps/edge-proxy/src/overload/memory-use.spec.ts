// What counts as short of memory, with the kernel's files as a container, a service manager or a plain machine has them.
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryUse } from './memory-use.js';

const MB = 1024 * 1024;
const MACHINE = 8_192 * MB;

let files: Record<string, string>;
let constrainedBytes: number;
let heapMb: number;
let buffersMb: number;

beforeEach(() => {
  files = { '/proc/self/status': 'VmRSS:\t  148480 kB\nRssAnon:\t   87040 kB\nRssFile:\t   61440 kB\n' };
  constrainedBytes = 0;
  heapMb = 30;
  buffersMb = 2;
});

const open = (processes: number): MemoryUse =>
  new MemoryUse(
    {
      readText: (path) => files[path] ?? null,
      machineBytes: MACHINE,
      constrainedBytes,
      heap: () => ({
        used_heap_size: heapMb * MB,
        heap_size_limit: 4_096 * MB,
        external_memory: buffersMb * MB,
      }),
      residentBytes: () => 145 * MB,
    },
    processes,
  );

const bytes = (megabytes: number): string => `${megabytes * MB}\n`;

/** A container of cgroup version 2 that sees itself as the root. */
function container(limitMb: number, usedMb: number, inactiveFileMb: number): void {
  files['/proc/self/cgroup'] = '0::/\n';
  files['/sys/fs/cgroup/memory.max'] = bytes(limitMb);
  files['/sys/fs/cgroup/memory.current'] = bytes(usedMb);
  files['/sys/fs/cgroup/memory.stat'] =
    `anon 1\nactive_file 7\ninactive_file ${inactiveFileMb * MB}\nslab 3\n`;
}

describe('inside a limit', () => {
  test('all processes count together, without what the kernel can drop at once', () => {
    container(512, 480, 96);
    const memory = open(4);
    expect(memory.limitBytes).toBe(128 * MB);
    expect(memory.read().useRatio).toBe(0.75);
    files['/sys/fs/cgroup/memory.current'] = bytes(96 + 500);
    expect(memory.read().useRatio).toBe(500 / 512);
  });

  test.each([
    ['512 MB and 4 workers', 512, 4, 430],
    ['1 GB and 8 workers', 1_024, 8, 800],
  ])('workers that do nothing are not short of it: %s', (_, limitMb, processes, usedMb) => {
    constrainedBytes = limitMb * MB;
    // Also where the files are not to be had.
    expect(open(processes).read()).toEqual({ useRatio: 85 / 128, isOfRequests: false });
    container(limitMb, usedMb, 0);
    expect(open(processes).read()).toEqual({ useRatio: usedMb / limitMb, isOfRequests: false });
  });

  test('of version 1, with the path of the host, it is read at the mount', () => {
    files['/proc/self/cgroup'] = '9:name=systemd:/docker/1a\n4:cpu,memory:/docker/1a\n0::/\n';
    files['/sys/fs/cgroup/memory/memory.limit_in_bytes'] = bytes(400);
    files['/sys/fs/cgroup/memory/memory.usage_in_bytes'] = bytes(200);
    files['/sys/fs/cgroup/memory/memory.stat'] = `inactive_file 5\ntotal_inactive_file ${100 * MB}\n`;
    expect(open(1).read().useRatio).toBe(0.25);
  });

  test('the narrowest of those around the process counts', () => {
    files['/proc/self/cgroup'] = '0::/system.slice/edge.service\n';
    files['/sys/fs/cgroup/system.slice/edge.service/memory.max'] = 'max\n';
    files['/sys/fs/cgroup/system.slice/memory.max'] = bytes(1_000);
    files['/sys/fs/cgroup/system.slice/memory.current'] = bytes(600);
    const memory = open(2);
    expect([memory.limitBytes, memory.read().useRatio]).toEqual([500 * MB, 0.6]);
  });

  test('that is larger than the machine is none', () => {
    files['/proc/self/cgroup'] = '4:memory:/\n';
    files['/sys/fs/cgroup/memory/memory.limit_in_bytes'] = '9223372036854771712\n';
    files['/sys/fs/cgroup/memory/memory.usage_in_bytes'] = bytes(8_000);
    const memory = open(1);
    expect([memory.limitBytes, memory.read().useRatio]).toEqual([MACHINE, 85 / 8_192]);
  });
});

describe('without a limit', () => {
  test('what the process shares with others does not count', () => {
    expect(open(8).read().useRatio).toBe(85 / 1_024);
  });

  test('where the kernel does not tell it apart, all that is resident counts', () => {
    files = {};
    expect(open(8).read().useRatio).toBe(145 / 1_024);
  });

  test('a full JavaScript heap counts as well', () => {
    heapMb = 4_000;
    expect(open(1).read().useRatio).toBe(4_000 / 4_096);
  });
});

describe('whether it is of requests', () => {
  test('counts what is in use beyond idle, not what stays resident after a burst', () => {
    container(512, 505, 0);
    const memory = open(4);
    expect(memory.read().isOfRequests).toBe(false);
    [heapMb, buffersMb] = [40, 50];
    expect(memory.read().isOfRequests).toBe(true);
    // Freed, while the kernel still counts it for the process.
    [heapMb, buffersMb] = [35, 10];
    expect(memory.read()).toEqual({ useRatio: 505 / 512, isOfRequests: false });
  });

  test('what a start had left behind is not idle: the least counts', () => {
    heapMb = 100;
    const memory = open(1);
    heapMb = 40;
    expect(memory.read().isOfRequests).toBe(false);
    heapMb = 80;
    expect(memory.read().isOfRequests).toBe(true);
  });
});
