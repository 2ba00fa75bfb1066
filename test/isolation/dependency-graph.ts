/**
 * Dependencies between transactions, and cycles in them.
 *
 * Owns: the graph, and the search for a shortest cycle that an isolation level forbids.
 *
 * Edges say that one transaction comes before another:
 *
 *      ww   the other overwrote what the one wrote          rw   the other overwrote what the one read
 *      wr   the other read what the one wrote               rt   the one had ended before the other began
 *
 * A serializable history has no cycle. A history of snapshot isolation has none without two rw edges in a row (Fekete
 * et al. 2005): each other edge means that the one committed before the other took its snapshot, an rw edge only
 * that the snapshot of the one was taken before the other committed.
 *
 * Suspension: everything here is synchronous.
 */
export type EdgeKind = 'ww' | 'wr' | 'rw' | 'rt';

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: EdgeKind;
  readonly key: string | undefined;
  /** True when the read was of a range that did not show the key. */
  readonly isPredicate: boolean;
  readonly why: string;
}

/** Which cycles count: without rw edges, without two of them in a row, or all. */
export type CycleRule = 'no-rw' | 'no-adjacent-rw' | 'any';

export class DependencyGraph {
  readonly #edgesFrom: Edge[][];

  constructor(count: number) {
    this.#edgesFrom = Array.from({ length: count }, () => []);
  }

  /** Edges from a transaction to itself say nothing. */
  add(edge: Edge): void {
    if (edge.from !== edge.to) this.#edgesFrom[edge.from]!.push(edge); // from < count
  }

  /** A shortest cycle by the rule, among the edges of some kinds; undefined when there is none. */
  findCycle(rule: CycleRule, kinds: readonly EdgeKind[]): readonly Edge[] | undefined {
    const steps = this.#stepsBy(rule, kinds);
    const suspects = statesInCycles(steps);
    let shortest: readonly Edge[] | undefined;
    for (const start of suspects) {
      const cycle = shortestReturn(steps, start, suspects);
      if (cycle !== undefined && cycle.length < (shortest?.length ?? Infinity)) shortest = cycle;
      if (shortest?.length === 2) break;
    }
    return shortest;
  }

  /**
   * The edges by state. State 2t is transaction t; state 2t + 1 is t reached by an rw edge, for the rule that forbids
   * two in a row: then no rw edge leaves it.
   */
  #stepsBy(rule: CycleRule, kinds: readonly EdgeKind[]): Step[][] {
    const steps: Step[][] = [];
    for (const edges of this.#edgesFrom) {
      const plain: Step[] = [];
      const afterRw: Step[] = [];
      for (const edge of edges) {
        if (!kinds.includes(edge.kind)) continue;
        const isRw = edge.kind === 'rw';
        if (isRw && rule === 'no-rw') continue;
        const marksRw = isRw && rule === 'no-adjacent-rw';
        plain.push({ edge, target: 2 * edge.to + (marksRw ? 1 : 0) });
        if (!isRw) afterRw.push({ edge, target: 2 * edge.to });
      }
      steps.push(plain, afterRw);
    }
    return steps;
  }
}

interface Step {
  readonly edge: Edge;
  readonly target: number;
}

/** The rest when states without a predecessor are removed again and again: cycles, and states that they lead to. */
function statesInCycles(steps: readonly Step[][]): Set<number> {
  const inDegrees = new Int32Array(steps.length);
  for (const list of steps) for (const { target } of list) inDegrees[target]!++; // target < length
  const left = new Set(steps.keys());
  const free = [...left].filter((state) => inDegrees[state] === 0);
  for (let state = free.pop(); state !== undefined; state = free.pop()) {
    left.delete(state);
    for (const { target } of steps[state]!) {
      if (--inDegrees[target]! === 0) free.push(target);
    }
  }
  return left;
}

/** Breadth first from `start` back to it. */
function shortestReturn(
  steps: readonly Step[][],
  start: number,
  within: ReadonlySet<number>,
): readonly Edge[] | undefined {
  const cameBy = new Map<number, { from: number; edge: Edge }>();
  let frontier = [start];
  while (frontier.length > 0) {
    const next: number[] = [];
    for (const state of frontier) {
      for (const { edge, target } of steps[state]!) {
        if (!within.has(target) || cameBy.has(target)) continue;
        cameBy.set(target, { from: state, edge });
        if (target === start) return pathTo(start, cameBy);
        next.push(target);
      }
    }
    frontier = next;
  }
  return undefined;
}

function pathTo(start: number, cameBy: Map<number, { from: number; edge: Edge }>): Edge[] {
  const path: Edge[] = [];
  let at = start;
  do {
    const { from, edge } = cameBy.get(at)!; // every state on the way was reached
    path.push(edge);
    at = from;
  } while (at !== start);
  return path.reverse();
}
