// The memory limit that the container or the service manager has set, and how much of it is in use, by all who share it.

/** What a file holds; null when it is not there or may not be read. */
export type ReadText = (path: string) => string | null;

/** A group of processes with one memory limit. */
export interface CgroupMemory {
  readonly limitBytes: number;
  /** What counts towards the limit and cannot be had back at once; null when the kernel does not say. */
  readonly readUsedBytes: () => number | null;
}

interface Files {
  readonly mount: string;
  readonly limit: string;
  readonly used: string;
  /** In `memory.stat`: files in the cache that nobody has touched lately. The kernel drops them before it kills. */
  readonly droppable: RegExp;
}

const VERSION_1: Files = {
  mount: '/sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  droppable: /^total_inactive_file (\d+)$/m,
};
const VERSION_2: Files = {
  mount: '/sys/fs/cgroup',
  limit: 'memory.max',
  used: 'memory.current',
  droppable: /^inactive_file (\d+)$/m,
};

/** The narrowest limit around this process, of either version of cgroups; null when there is none below the ceiling. */
export function findCgroupMemory(readText: ReadText, ceilingBytes: number): CgroupMemory | null {
  let narrowest: { readonly files: Files; readonly folder: string; readonly limitBytes: number } | null =
    null;
  for (const { files, path } of groupsOf(readText('/proc/self/cgroup') ?? '')) {
    for (const folder of foldersUpFrom(files.mount, path)) {
      const limitBytes = toBytes(readText(`${folder}/${files.limit}`)) ?? Infinity;
      if (limitBytes < (narrowest?.limitBytes ?? ceilingBytes)) narrowest = { files, folder, limitBytes };
    }
  }
  if (narrowest === null) return null;
  const { files, folder, limitBytes } = narrowest;
  return {
    limitBytes,
    readUsedBytes: () => {
      const usedBytes = toBytes(readText(`${folder}/${files.used}`));
      if (usedBytes === null) return null;
      const droppable = files.droppable.exec(readText(`${folder}/memory.stat`) ?? '')?.[1];
      return Math.max(0, usedBytes - Number(droppable ?? 0));
    },
  };
}

/** Where this process is, by lines like `4:memory:/docker/1a` (version 1) and `0::/docker/1a` (version 2). */
function groupsOf(text: string): { readonly files: Files; readonly path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    if (controllers === '') return [{ files: VERSION_2, path }];
    return controllers.split(',').includes('memory') ? [{ files: VERSION_1, path }] : [];
  });
}

/** The folder and those above it. In a container the path may be the host's: then only the mount itself is there. */
function foldersUpFrom(mount: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.' && name !== '..');
  return names.map((_, index) => [mount, ...names.slice(0, names.length - index)].join('/')).concat(mount);
}

/** Null for `max` and for what is no number. */
function toBytes(text: string | null): number | null {
  const digits = /^\d+$/.exec(text?.trim() ?? '')?.[0];
  return digits === undefined ? null : Number(digits);
}
