/** How many answers are going on, now and at most. */
export interface ConcurrencyCounts {
  readonly current: number;
  readonly peak: number;
}

/** Names of models come from callers: the counts of at most so many are kept apart. */
const MOST_MODELS = 1_000;

/** Counts calls in flight, in all and by model, with their peaks since the last reset. */
export class Concurrency {
  private readonly all = { current: 0, peak: 0 };
  private readonly byModel = new Map<string, { current: number; peak: number }>();

  /** One more. Call what it gives once at the end. */
  enter(): () => void {
    return count(this.all);
  }

  /** One more of this model. Call what it gives once at the end. */
  enterModel(model: string): () => void {
    let counts = this.byModel.get(model);
    if (counts === undefined) {
      counts = { current: 0, peak: 0 };
      if (this.byModel.size < MOST_MODELS) this.byModel.set(model, counts);
    }
    return count(counts);
  }

  read(): ConcurrencyCounts & { readonly byModel: Readonly<Record<string, ConcurrencyCounts>> } {
    const byModel = [...this.byModel].map(([model, counts]) => [model, { ...counts }] as const);
    return { ...this.all, byModel: Object.fromEntries(byModel) };
  }

  /** Peaks begin again at what is going on now. */
  resetPeaks(): void {
    this.all.peak = this.all.current;
    for (const [model, counts] of this.byModel) {
      if (counts.current === 0) this.byModel.delete(model);
      else counts.peak = counts.current;
    }
  }
}

function count(counts: { current: number; peak: number }): () => void {
  counts.current += 1;
  if (counts.current > counts.peak) counts.peak = counts.current;
  let left = false;
  return () => {
    if (left) return;
    left = true;
    counts.current -= 1;
  };
}
