/** An edge that closes a loop: from a node back to one that leads to it. */
export interface LoopEdge {
  readonly from: string;
  /** Index among the edges of `from`. */
  readonly index: number;
  /** The nodes of the loop in order, from its first one in the file. */
  readonly loop: readonly string[];
}

/**
 * Loops of a directed graph, each named once at the edge that closes it, in the order of the map. Walks without
 * recursion: a config may chain thousands of models.
 */
export function findLoops(edges: ReadonlyMap<string, readonly (string | undefined)[]>): readonly LoopEdge[] {
  const found: LoopEdge[] = [];
  const done = new Set<string>();
  for (const start of edges.keys()) {
    if (done.has(start)) continue;
    const trail: { node: string; next: number }[] = [{ node: start, next: 0 }];
    const onTrail = new Map([[start, 0]]);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const targets = edges.get(top.node) ?? [];
      if (top.next >= targets.length) {
        done.add(top.node);
        onTrail.delete(top.node);
        trail.pop();
        continue;
      }
      const index = top.next++;
      const target = targets[index];
      if (target === undefined || done.has(target)) continue;
      const since = onTrail.get(target);
      if (since !== undefined) {
        found.push({ from: top.node, index, loop: trail.slice(since).map(({ node }) => node) });
      } else if (edges.has(target)) {
        onTrail.set(target, trail.length);
        trail.push({ node: target, next: 0 });
      }
    }
  }
  return found;
}
