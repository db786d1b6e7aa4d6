import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** What this process may use, bytes: its part of the container's limit, or of the machine where there is none. */
export function memoryLimitBytes(processes: number): number {
  // Without a limit of its own the kernel tells a number that no machine has.
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  return Math.floor((constrained > 0 ? Math.min(constrained, machine) : machine) / processes);
}

/**
 * How full the process is, 0 to 1: of its memory or of its JavaScript heap, whichever is nearer to the end. Takes about
 * 0.1 ms, since it reads a file of the kernel's.
 */
export function readMemoryUse(limitBytes: number): number {
  const heap = getHeapStatistics();
  return Math.max(process.memoryUsage.rss() / limitBytes, heap.used_heap_size / heap.heap_size_limit);
}
