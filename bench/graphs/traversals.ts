/**
 * Traversals of the social graph that no peer has.
 *
 * Owns: the people that can be reached, met by the caller alone and with the threads of a pool; and a search for what is
 * near, beside the same loop without a look at what servers would have read ahead.
 */
import process from 'node:process';
import { Adjacency } from '../../src/graph/adjacency.ts';
import { openSpaces, type Spaces } from '../../src/graph/layout.ts';
import type { Database, Pool } from '../../src/index.ts';
import { formatCount } from '../../src/programs/figures.ts';
import { median, timed } from './timing.ts';
import type { VarveSide } from './varve.ts';

const ROUND_COUNT = 5;
const THREAD_COUNTS = [1, 2];
const NEAR_DEPTH = 3;
const NEAR_COUNT = 20;

/** Rows of everything within reach: milliseconds, and how many times as fast as the caller alone. */
export async function traversalRows(side: VarveSide): Promise<string[][]> {
  const start = side.idOf(0);
  const pools = THREAD_COUNTS.map(
    (threads) => side.db.pool(process.argv[1]!, { threads }), // this program; its threads serve the functions of a graph
  );
  const ways: { readonly name: string; run(pool: Pool | undefined): Promise<number> }[] = [
    {
      name: 'traverseBfs',
      run: async (pool) => {
        let count = 0;
        for await (const step of side.g.traverseBfs(start, { ...(pool && { pool }) })) {
          if (step.depth > 0) count++;
        }
        return count;
      },
    },
    {
      name: 'kHop',
      run: async (pool) => (await side.g.kHop(start, 100, { ...(pool && { pool }) }).all()).length,
    },
  ];
  const rows: string[][] = [];
  for (const { name, run } of ways) {
    const expected = await run(undefined);
    const times: number[][] = [undefined, ...pools].map(() => []);
    for (let round = 0; round <= ROUND_COUNT; round++) {
      for (const [i, pool] of [undefined, ...pools].entries()) {
        const ms = await timed(async () => {
          if ((await run(pool)) !== expected) throw new Error(`Answers differ: ${name}`);
        });
        if (round > 0) times[i]!.push(ms); // the first one warms up
      }
    }
    const [alone, ...together] = times.map(median);
    const cells = together.flatMap((ms) => [ms.toFixed(0), (alone! / ms).toFixed(2)]);
    rows.push([name, formatCount(expected), alone!.toFixed(0), ...cells]);
  }
  for (const pool of pools) await pool.close();
  return rows;
}

export const TRAVERSAL_HEADINGS: readonly string[] = [
  '',
  'people',
  'caller ms',
  ...THREAD_COUNTS.flatMap((count) => [
    count === 1 ? '1 thread ms' : `${count} threads ms`,
    'ratio',
  ]),
];

/**
 * What a directory pays for graphs on servers: milliseconds of `kHop` and of its loop without a look ahead, in pairs, and how
 * many times as long the first takes.
 */
export async function aheadRow(side: VarveSide): Promise<string[]> {
  const spaces = await openSpaces(side.db, 'social');
  const times: { now: number[]; bare: number[]; ratios: number[] } = {
    now: [],
    bare: [],
    ratios: [],
  };
  for (let round = 0; round <= 3 * ROUND_COUNT; round++) {
    let found = 0;
    const now = await timed(async () => {
      for (let i = 0; i < NEAR_COUNT; i++) {
        found += (await side.g.kHop(side.idOf(i), NEAR_DEPTH).all()).length;
      }
    });
    const bare = await timed(async () => {
      for (let i = 0; i < NEAR_COUNT; i++) {
        found -= (await nearWithoutLook(side.db, spaces, side.idOf(i))).length;
      }
    });
    if (found !== 0) throw new Error('Answers differ: kHop without a look ahead');
    if (round === 0) continue;
    times.now.push(now);
    times.bare.push(bare);
    times.ratios.push(now / bare);
  }
  const [now, bare, ratio] = [times.now, times.bare, times.ratios].map(median);
  return ['kHop over its bare loop', now!.toFixed(1), bare!.toFixed(1), ratio!.toFixed(3)];
}

/** `kHop` as it would be without servers, its breaths and its bound included. */
async function nearWithoutLook(
  db: Database,
  { nodes, adjacencyBytes, meta }: Spaces,
  start: number,
): Promise<number[]> {
  using snapshot = db.snapshot();
  const near: number[] = [];
  if ((await nodes.getMany([[start]], { snapshot }))[0] === undefined) return near;
  const adjacency = new Adjacency(() => adjacencyBytes.keys({ snapshot }), undefined);
  const met = new Set([start]);
  let frontier = [start];
  let readCount = 0;
  for (let depth = 0; depth < NEAR_DEPTH && frontier.length > 0; depth++) {
    const next: number[] = [];
    for (const node of frontier) {
      adjacency.load(node, 'out', undefined);
      for (let at = 0; at < adjacency.count; at++) {
        const other = adjacency.others[at]!; // at < count
        if (met.has(other)) continue;
        met.add(other);
        next.push(other);
      }
      if (met.size > 10_000_000) throw new Error('Search met too many nodes');
      readCount += adjacency.count + 4;
      if (readCount < 2048) continue;
      readCount = 0;
      await meta.get('');
    }
    for (const each of next) near.push(each);
    frontier = next;
  }
  adjacency.close();
  return near;
}
