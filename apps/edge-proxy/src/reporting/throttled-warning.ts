/** Between two lines about the same thing, milliseconds. */
const INTERVAL_MS = 10_000;

/**
 * A warning that may come by the thousand: the first is written at once, then one for all of the last 10 s.
 * @param warn writes it; `count` is how many it stands for
 * @param now monotonic, ms
 */
export function throttledWarning<T>(
  warn: (latest: T, count: number) => void,
  now: () => number,
): (latest: T) => void {
  let nextMs = -Infinity;
  let count = 0;
  return (latest) => {
    count += 1;
    const nowMs = now();
    if (nowMs < nextMs) return;
    warn(latest, count);
    nextMs = nowMs + INTERVAL_MS;
    count = 0;
  };
}
