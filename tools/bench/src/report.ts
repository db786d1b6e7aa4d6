import type { LoadResult } from './load-result.js';

/** One target in one round. */
export interface Round {
  readonly round: number;
  readonly target: string;
  readonly load: LoadResult;
  /** CPU of the gateway's process, microseconds a request (or a streamed event). */
  readonly cpuUsPerUnit: number;
  readonly rssMb: number;
}

type Figure = (round: Round) => number;

/** A Markdown table; ratios and what is more are to the first target in the same round, with the spread over the rounds. */
export function formatTable(title: string, rounds: readonly Round[], names: readonly string[]): string {
  const base = names[0] ?? '';
  const rows = names.map((name) => {
    const own = rounds.filter((round) => round.target === name);
    const ratio = (figure: Figure): string =>
      spread(own.map((round) => figure(round) / figure(inRound(rounds, base, round.round))));
    const middle = (figure: Figure): number => median(own.map(figure));
    return [
      name,
      middle((round) => round.load.perSecond).toFixed(0),
      ratio((round) => round.load.perSecond),
      middle((round) => round.cpuUsPerUnit).toFixed(1),
      middle((round) => round.cpuUsPerUnit - inRound(rounds, base, round.round).cpuUsPerUnit).toFixed(1),
      ratio((round) => round.cpuUsPerUnit),
      middle((round) => round.load.p50Ms).toFixed(2),
      middle((round) => round.load.p99Ms).toFixed(2),
      Math.max(...own.map((round) => round.rssMb)).toFixed(0),
      String(own.reduce((sum, round) => sum + round.load.failed, 0)),
    ];
  });
  const head = [
    'target',
    'req/s',
    'ratio (min–max)',
    'CPU µs',
    'more µs',
    'ratio (min–max)',
    'p50 ms',
    'p99 ms',
    'RSS MB',
    'failed',
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `\n${title}; Node ${process.version}\n\n${lines.join('\n')}\n`;
}

function inRound(rounds: readonly Round[], target: string, round: number): Round {
  const found = rounds.find((each) => each.target === target && each.round === round);
  if (found === undefined) throw new Error(`no figures of ${target} in round ${round}`);
  return found;
}

/** Median of the ratios with their least and greatest. */
function spread(ratios: readonly number[]): string {
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
