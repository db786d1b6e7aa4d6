const MIB = 1024 * 1024;

/** What {@link EventSpoolOptions} leaves out; each number's reason stands with its option. */
export const SPOOL_DEFAULTS = {
  maxBytes: 1024 * MIB,
  segmentBytes: 8 * MIB,
  fsyncIntervalMs: 200,
  checkpointIntervalMs: 1_000,
  adoptIntervalMs: 60_000,
  liveQueue: { maxEvents: 8192, maxBytes: 8 * MIB },
} as const;
