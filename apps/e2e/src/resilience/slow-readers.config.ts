/** What the suite of slow readers reads of the environment. */
export interface SlowReadersConfig {
  /** `SLUICE_VERIFY_SLOW_READERS`; 20 unless told otherwise. */
  readonly clients: number;
  /** Of each stream. The kernel's buffers on the way take up to 10 MiB of it. */
  readonly streamMib: number;
  /** How long they read; short unless the number of clients was given. */
  readonly forMs: number;
}

export function readSlowReadersConfig(env: NodeJS.ProcessEnv): SlowReadersConfig {
  const asked = Number(env['SLUICE_VERIFY_SLOW_READERS'] ?? '');
  return Number.isInteger(asked) && asked > 0
    ? { clients: asked, streamMib: 10, forMs: 60_000 }
    : { clients: 20, streamMib: 24, forMs: 2_000 };
}
