/** What this process has seen of one route: provider × model. Lives as long as the process, over reloads. */
export interface RouteStats {
  /** Calls under way. */
  readonly inFlight: number;
  /** Peak EWMA of the time to the first token of streams, milliseconds; null before the first one. */
  firstTokenMs(nowMs: number): number | null;
  /** Peak EWMA of the time to a whole answer, milliseconds; null before the first one. */
  answerMs(nowMs: number): number | null;
}
