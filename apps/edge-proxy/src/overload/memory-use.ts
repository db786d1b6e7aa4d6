// How near the end of its memory this process is, and whether it is the one who could do something about it.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { type CgroupMemory, findCgroupMemory, type ReadText } from './cgroup-memory.js';

/** Below this a process that does nothing is near its end already, bytes. */
export const LEAST_BYTES_A_PROCESS = 256 * 1024 * 1024;
/**
 * A process that holds at most so much more than when it began has nothing to give back: turning its requests away
 * would free no memory, and it would do so for ever. About what garbage makes up between two collections.
 */
const FLOOR_BYTES = 32 * 1024 * 1024;

/** One look at the memory. */
export interface MemoryReading {
  /** 0 to 1: of the limit or of the JavaScript heap, whichever is nearer to its end. */
  readonly useRatio: number;
  /** Whether requests are what fills it: this process holds well more than when it had none. */
  readonly isOfRequests: boolean;
}

/** Where the readings come from. */
export interface MemorySource {
  readonly readText: ReadText;
  readonly machineBytes: number;
  /** The limit as the runtime knows it; 0 when there is none. */
  readonly constrainedBytes: number;
  readonly heap: () => {
    readonly used_heap_size: number;
    readonly heap_size_limit: number;
    /** Buffers, outside of the heap. */
    readonly external_memory: number;
  };
  readonly residentBytes: () => number;
}

/** The memory of this process. */
export class MemoryUse {
  /** What this process may use, bytes: its part of the container's limit, or of the machine where there is none. */
  readonly limitBytes: number;
  readonly #source: MemorySource;
  readonly #cgroup: CgroupMemory | null;
  /** What it holds when it has nothing to do. */
  #idleBytes: number;

  /** @param processes that share the limit, this one included */
  constructor(source: MemorySource, processes: number) {
    const { constrainedBytes, machineBytes } = source;
    this.#source = source;
    this.#cgroup = findCgroupMemory(source.readText, machineBytes);
    // Without a limit of its own the kernel tells a number that no machine has.
    const limits = [machineBytes, constrainedBytes || Infinity, this.#cgroup?.limitBytes ?? Infinity];
    this.limitBytes = Math.floor(Math.min(...limits) / processes);
    this.#idleBytes = heldBytes(source.heap());
  }

  /** Takes about 0.1 ms, since it reads files of the kernel's. */
  read(): MemoryReading {
    const heap = this.#source.heap();
    const bytes = heldBytes(heap);
    this.#idleBytes = Math.min(this.#idleBytes, bytes);
    return {
      useRatio: Math.max(this.#partOfLimit(), heap.used_heap_size / heap.heap_size_limit),
      isOfRequests: bytes - this.#idleBytes > FLOOR_BYTES,
    };
  }

  /** Inside a limit the kernel counts all processes together, what they share once, and kills by that sum. */
  #partOfLimit(): number {
    const usedBytes = this.#cgroup?.readUsedBytes() ?? null;
    if (this.#cgroup !== null && usedBytes !== null) return usedBytes / this.#cgroup.limitBytes;
    return this.#ownBytes() / this.limitBytes;
  }

  /** Program text and mapped files are shared with the other workers and can be had back. */
  #ownBytes(): number {
    const kilobytes = /^RssAnon:\s*(\d+) kB$/m.exec(this.#source.readText('/proc/self/status') ?? '')?.[1];
    return kilobytes === undefined ? this.#source.residentBytes() : Number(kilobytes) * 1024;
  }
}

/** The memory of the process that this runs in. */
export const openMemoryUse = (processes: number): MemoryUse =>
  new MemoryUse(
    {
      readText: readKernelFile,
      machineBytes: totalmem(),
      constrainedBytes: process.constrainedMemory(),
      heap: getHeapStatistics,
      residentBytes: () => process.memoryUsage.rss(),
    },
    processes,
  );

/** What is freed stays with the process for its next requests: only what is in use counts, not what is resident. */
const heldBytes = (heap: ReturnType<MemorySource['heap']>): number =>
  heap.used_heap_size + heap.external_memory;

function readKernelFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
