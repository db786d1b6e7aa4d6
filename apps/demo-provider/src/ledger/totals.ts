import type { Serving, ServingSums } from './serving.js';

/** The groups of servings that are summed. */
export const GROUPS = ['all', 'complete', 'succeeded', 'clientGone', 'fault'] as const;
export type Group = (typeof GROUPS)[number];

/** Sums by group, written at the head of each segment so that the sums outlive the lines. */
export type GroupSums = Readonly<Record<Group, ServingSums>>;

interface MutableSums {
  servings: number;
  promptTokens: number;
  completionTokens: number;
  bytesSent: number;
}

/** Running sums of the ledger. */
export class Totals {
  private readonly sums: Readonly<Record<Group, MutableSums>>;

  constructor(before?: GroupSums) {
    this.sums = {
      all: { ...(before?.all ?? ZERO) },
      complete: { ...(before?.complete ?? ZERO) },
      succeeded: { ...(before?.succeeded ?? ZERO) },
      clientGone: { ...(before?.clientGone ?? ZERO) },
      fault: { ...(before?.fault ?? ZERO) },
    };
  }

  add(serving: Pick<Serving, 'ended' | 'status' | 'promptTokens' | 'completionTokens' | 'bytesSent'>): void {
    addTo(this.sums.all, serving);
    addTo(this.sums[GROUP_OF_END[serving.ended]], serving);
    if (serving.ended === 'complete' && serving.status === 200) addTo(this.sums.succeeded, serving);
  }

  /** A copy of the sums as they are now. */
  snapshot(): GroupSums {
    return {
      all: { ...this.sums.all },
      complete: { ...this.sums.complete },
      succeeded: { ...this.sums.succeeded },
      clientGone: { ...this.sums.clientGone },
      fault: { ...this.sums.fault },
    };
  }
}

const ZERO: ServingSums = { servings: 0, promptTokens: 0, completionTokens: 0, bytesSent: 0 };

const GROUP_OF_END = { complete: 'complete', client_gone: 'clientGone', fault: 'fault' } as const;

function addTo(sums: MutableSums, serving: Omit<ServingSums, 'servings'>): void {
  sums.servings += 1;
  sums.promptTokens += serving.promptTokens;
  sums.completionTokens += serving.completionTokens;
  sums.bytesSent += serving.bytesSent;
}
