/**
 * Where a match starts.
 *
 * Owns: the plan. Each node of the pattern can be found by its id, by a property index, by its label, or among all nodes. An
 * edge of one type, that is no way of several, can be found by an index over its properties. The plan takes the way with the
 * fewest nodes or edges, and goes along the edges from there, to the right and then to the left.
 *
 * How many nodes a way has is counted, not guessed: the ways are counted side by side up to 16, to 128, to 1,024, until one
 * of them ends. So a selective end is found at a cost that it has itself. When none ends, an index comes before a label,
 * and a label before all nodes.
 *
 * Invariants:
 *   match-plan/most-selective: no other node or edge of the pattern has a way with fewer than the start, up to 1,024.
 *
 * Suspension: counts suspend for blocks.
 */
import type { RangeOptions, Tuple } from '../index.ts';
import {
  CATALOG,
  type CatalogReader,
  type CatalogRecord,
  indexOf,
  type IndexTarget,
} from './catalog.ts';
import { rangeOfIndex } from './conditions.ts';
import { idsIn, nodesInRange } from './finding.ts';
import type { Lots } from './graph-stream.ts';
import type { EdgeSpec, NodeSpec } from './pattern.ts';
import type { ReadView, SpaceReads } from './read-view.ts';
import type { Direction, NodeId } from './values.ts';

/** How the nodes of the start are found; with `'edge-index'` it is edges that are found. */
export type StartKind = 'id' | 'index' | 'edge-index' | 'label' | 'all';

export interface Start {
  /** Which node of the pattern, or with `'edge-index'` which edge. */
  readonly position: number;
  readonly by: StartKind;
  /** The property of the index. */
  readonly property: string | undefined;
  /** Nodes or edges to look at, up to what was counted. */
  readonly count: number;
  /** False when there are more than were counted. */
  readonly isExact: boolean;
  find(signal: AbortSignal | undefined): Lots<NodeId>;
}

/** One edge of the pattern, in the order and the direction in which it is gone along. */
export interface Leg {
  readonly edge: number;
  readonly from: number;
  readonly to: number;
  readonly direction: Direction;
}

interface Candidate {
  readonly position: number;
  readonly by: StartKind;
  readonly property: string | undefined;
  readonly space: SpaceReads<Tuple, Tuple>;
  readonly range: RangeOptions<Tuple>;
}

const COUNTS: readonly number[] = [16, 128, 1024];
const KINDS: readonly StartKind[] = ['id', 'index', 'edge-index', 'label', 'all'];
const LAST_ID = Number.MAX_SAFE_INTEGER - 1;

/** What is looked for. */
export interface Pattern {
  readonly nodes: readonly NodeSpec[];
  readonly edges: readonly EdgeSpec[];
}

/** The start with the fewest nodes or edges. */
export async function chooseStart(
  view: ReadView,
  catalog: CatalogReader,
  { nodes, edges }: Pattern,
): Promise<Start> {
  const known = nodes.findIndex(({ id }) => id !== undefined);
  if (known >= 0) return startAt(known, nodes[known]!.id!); // it has one
  const record = catalog.read(await view.meta.get(CATALOG));
  const byNode = nodes.flatMap((spec, position): Candidate[] => {
    const { label } = spec;
    if (label === undefined) {
      return [{ position, by: 'all', property: undefined, space: view.nodes, range: {} }];
    }
    const byIndex = byIndexes(view, record, { position, kind: 'node', of: label, spec });
    const range = { prefix: [label] };
    return [...byIndex, { position, by: 'label', property: undefined, space: view.labels, range }];
  });
  const byEdge = edges.flatMap((spec, position): Candidate[] => {
    const { types = [], lengthMax } = spec;
    const [of] = types;
    if (of === undefined || types.length > 1 || lengthMax > 1) return [];
    return byIndexes(view, record, { position, kind: 'edge', of, spec });
  });
  const candidates = [...byNode, ...byEdge];
  candidates.sort((a, b) => KINDS.indexOf(a.by) - KINDS.indexOf(b.by));
  for (const limit of COUNTS) {
    const counted = await Promise.all(candidates.map((each) => countOf(each, limit)));
    const least = Math.min(...counted);
    if (least < limit) return startOf(view, candidates[counted.indexOf(least)]!, least, true);
  }
  return startOf(view, candidates[0]!, COUNTS.at(-1)!, false); // a pattern has a node
}

/** The whole indexes over a property of which something is asked. */
function byIndexes(
  { values }: ReadView,
  record: CatalogRecord,
  part: Pick<IndexTarget, 'kind' | 'of'> & {
    readonly position: number;
    readonly spec: Pick<NodeSpec, 'where'>;
  },
): Candidate[] {
  const { position, kind, of, spec } = part;
  return spec.where.flatMap(([property, condition]): Candidate[] => {
    const index = indexOf(record, { kind, of, property });
    if (index === undefined || index.builtTo !== undefined) return [];
    const range = rangeOfIndex(index.id, condition);
    const by = kind === 'node' ? 'index' : 'edge-index';
    return [{ position, by, property, space: values, range }];
  });
}

/** The edges in the order in which they are gone along; without that of the start, when it is one. */
export function legsFrom(
  { position: start, by }: Pick<Start, 'position' | 'by'>,
  edges: readonly EdgeSpec[],
): Leg[] {
  const legs: Leg[] = [];
  for (let edge = by === 'edge-index' ? start + 1 : start; edge < edges.length; edge++) {
    legs.push({ edge, from: edge, to: edge + 1, direction: edges[edge]!.direction });
  }
  for (let edge = start - 1; edge >= 0; edge--) {
    const direction = TURNED[edges[edge]!.direction];
    legs.push({ edge, from: edge + 1, to: edge, direction });
  }
  return legs;
}

const TURNED: Readonly<Record<Direction, Direction>> = { out: 'in', in: 'out', both: 'both' };

function startAt(position: number, id: NodeId): Start {
  return {
    position,
    by: 'id',
    property: undefined,
    count: 1,
    isExact: true,
    // eslint-disable-next-line @typescript-eslint/require-await -- one lot, which is known
    async *find() {
      yield [id];
    },
  };
}

function startOf(
  view: ReadView,
  { position, by, property, space, range }: Candidate,
  count: number,
  isExact: boolean,
): Start {
  const find = (signal: AbortSignal | undefined): Lots<NodeId> => {
    const options = signal === undefined ? {} : { signal };
    return by === 'all' ? nodesInRange(view, 1, LAST_ID, options) : idsIn(space, range, options);
  };
  return { position, by, property, count, isExact, find };
}

/** Keys of all nodes are counted with their properties: more than there are nodes. */
async function countOf({ space, range }: Candidate, limit: number): Promise<number> {
  return (await space.keys({ ...range, limit }).all()).length;
}
