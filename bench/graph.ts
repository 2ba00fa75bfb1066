/**
 * A social graph on Varve beside other engines: `node scripts/run-ts.mjs bench/graph.ts [nodes] [edges]`, 10,000 and ten
 * times as many edges by default.
 *
 * Owns: the same people and friendships in `varve/graph`, in two tables of better-sqlite3, in kuzu and in levelgraph
 * (graphs/), and the same questions to all, whose answers are compared. Rounds take turns; a figure is the median of an
 * operation. levelgraph takes minutes for a graph of full size, so it gets one of SMALL_COUNT people, beside varve again.
 *
 *   load                a bulk load against the fastest way of each engine, a record
 *   lookup, property    a person with all properties, and one property alone
 *   range               people by an indexed property, up to 100 of them
 *   2-hop               the people within two edges
 *   path                the fewest edges between two people, up to six
 *   insert, durable     a person with an edge, in a commit that a kill or a power cut leaves
 *   index over scan     people by a property with the index, against the same without: here it must be ten times
 *   traverseBfs, kHop   everything within reach, by the caller alone and with the threads of a pool
 *   kHop over its loop  what a directory pays for reading ahead on servers
 *
 * A ratio above 1 is how many times as long the other takes. A dash stands for what an engine does not do, and a line says
 * which one is not installed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { servePool } from '../src/index.ts';
import { graphFunctions } from '../src/graph/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { openKuzu } from './graphs/kuzu.ts';
import { openLevelGraph } from './graphs/levelgraph.ts';
import { AGE_COUNT, type GraphSide, type Size } from './graphs/social.ts';
import { openSqlite } from './graphs/sqlite.ts';
import { median, timed } from './graphs/timing.ts';
import { aheadRow, TRAVERSAL_HEADINGS, traversalRows } from './graphs/traversals.ts';
import { VarveSide } from './graphs/varve.ts';
import { inScratch } from './harness/scratch.ts';

const ROUND_COUNT = 5;
/** A round of one engine ends after so long: a recursive query takes seconds. */
const ROUND_MS_MAX = 1500;
const SCAN_RATIO_MIN = 10;
const SMALL_COUNT = 2000;
const DASH = '-';

type Opener = (directory: string) => Promise<GraphSide> | GraphSide;

/** One workload: `count` operations by each side at most; undefined where a side has none. */
interface Workload {
  readonly name: string;
  readonly count: number;
  operation(side: GraphSide): ((i: number) => unknown) | undefined;
  /** False for what answers nothing. */
  readonly isCompared: boolean;
}

if (isMainThread) await main();
else servePool(graphFunctions());

async function main(): Promise<void> {
  const nodeCount = Number(process.argv[2] ?? 10_000);
  const edgeCount = Number(process.argv[3] ?? 10 * nodeCount);
  console.log(machineLine(describeMachine()));
  const full = { nodeCount, edgeCount };
  await inScratch('graph', async (folder) => {
    const peers: Opener[] = [(directory) => openSqlite(join(directory, 'sqlite')), openKuzu];
    await compare(folder, full, peers, async (side) => {
      const [alone, without, ratio] = await indexOverScan(side, nodeCount);
      const ahead = await aheadRow(side);
      console.log(`\n${formatTable(TRAVERSAL_HEADINGS, await traversalRows(side))}\n`);
      const rows = [['index over scan', alone!, without!, ratio!], ahead];
      console.log(formatTable(['', 'ms', 'without ms', 'ratio'], rows));
    });
  });
  const small = { nodeCount: Math.min(SMALL_COUNT, nodeCount), edgeCount: 0 };
  small.edgeCount = Math.min(10 * small.nodeCount, edgeCount);
  await inScratch('graph', (folder) => compare(folder, small, [openLevelGraph]));
}

/** Varve beside the peers that are installed, at one size. */
async function compare(
  folder: string,
  size: Size,
  openers: readonly Opener[],
  last?: (side: VarveSide) => Promise<void>,
): Promise<void> {
  console.log(
    `\n${formatCount(size.nodeCount)} people, ${formatCount(size.edgeCount)} friendships\n`,
  );
  const varve = await VarveSide.open(join(folder, 'varve'));
  const sides: GraphSide[] = [varve];
  for (const [i, opener] of openers.entries()) {
    const directory = join(folder, String(i));
    mkdirSync(directory);
    try {
      sides.push(await opener(directory));
    } catch (error) {
      console.log(`MISSING: ${(error as Error).message.split('\n')[0]!}`);
    }
  }
  const rows = [await loadRow(sides, size)];
  for (const workload of workloadsOf(size)) rows.push(await measured(workload, sides));
  const headings = sides.flatMap(({ name }, i) => (i === 0 ? [`${name} us`] : [name, 'ratio']));
  console.log(formatTable(['', ...headings], rows));
  await last?.(varve);
  for (const side of sides) await side.close();
}

async function loadRow(sides: readonly GraphSide[], size: Size): Promise<string[]> {
  const recordCount = size.nodeCount + size.edgeCount;
  const times: number[] = [];
  for (const side of sides) times.push((await timed(() => side.load(size))) / recordCount);
  return rowOf('load', times);
}

function workloadsOf({ nodeCount }: Size): Workload[] {
  const pick = (i: number): number => (i * 7_368_787) % nodeCount;
  const reads = { isCompared: true };
  return [
    { ...reads, name: 'lookup', count: 5000, operation: (side) => (i) => side.lookup(pick(i)) },
    { ...reads, name: 'property', count: 5000, operation: (side) => (i) => side.property(pick(i)) },
    {
      ...reads,
      name: 'range',
      count: 300,
      operation: (side) => (i) => side.range(i, i + AGE_COUNT / 2),
    },
    { ...reads, name: '2-hop', count: 500, operation: (side) => (i) => side.near(pick(i)) },
    {
      ...reads,
      name: 'path',
      count: 20,
      operation: (side) => (i) => side.path(pick(i), pick(i + 999)),
    },
    {
      name: 'insert',
      count: 500,
      isCompared: false,
      operation: ({ insert }) => insert && ((i) => insert(i, pick(i))),
    },
    {
      name: 'durable insert',
      count: 50,
      isCompared: false,
      operation: ({ durableInsert: insert }) => insert && ((i) => insert(i, pick(i))),
    },
  ];
}

/** All in turn, several times; what they answer must be the same. */
async function measured(workload: Workload, sides: readonly GraphSide[]): Promise<string[]> {
  const { name, count, isCompared } = workload;
  const operations = sides.map((side) => workload.operation(side));
  const times: number[][] = sides.map(() => []);
  for (let round = 0; round <= ROUND_COUNT; round++) {
    const answers: unknown[][] = [];
    for (const [side, operation] of operations.entries()) {
      if (operation === undefined) continue;
      const given: unknown[] = [];
      const start = performance.now();
      while (given.length < count && performance.now() - start < ROUND_MS_MAX) {
        given.push(await operation(given.length));
      }
      if (round > 0) times[side]!.push((performance.now() - start) / given.length); // the first one warms up
      answers.push(given);
    }
    if (isCompared) mustAgree(name, answers);
  }
  return rowOf(
    name,
    times.map((some) => (some.length === 0 ? undefined : median(some))),
  );
}

function mustAgree(name: string, [first = [], ...others]: readonly unknown[][]): void {
  for (const given of others) {
    const different = given.findIndex((answer, i) => i < first.length && answer !== first[i]);
    if (different < 0) continue;
    const found = `${String(first[different])} ${String(given[different])}`;
    throw new Error(`Answers differ: workload=${name} i=${different} found=${found}`);
  }
}

/** The same condition, with the index and without: without, all people are looked at. */
async function indexOverScan({ g, db }: VarveSide, nodeCount: number): Promise<string[]> {
  const find = (): Promise<number[]> =>
    g.findNodesByProperty('Person', 'age', { gte: 100, lt: 110 }).all();
  const indexed: number[] = [];
  const scanned: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round++) indexed.push(await timed(find));
  const before = await find();
  await g.dropPropertyIndex('Person', 'age');
  for (let round = 0; round < 3; round++) scanned.push(await timed(find));
  if (String(before) !== String(await find())) throw new Error('Index and scan answer differently');
  const ratio = median(scanned) / median(indexed);
  if (ratio < SCAN_RATIO_MIN && nodeCount >= 100_000) {
    throw new Error(`Index is only ${ratio.toFixed(1)} times as fast as the scan`);
  }
  await db.flush();
  return [median(indexed).toFixed(2), median(scanned).toFixed(2), ratio.toFixed(2)];
}

/** Microseconds, and ratios to the first. */
function rowOf(name: string, [first, ...others]: readonly (number | undefined)[]): string[] {
  const us = (ms: number | undefined): string => (ms === undefined ? DASH : (ms * 1000).toFixed(1));
  const cells = others.flatMap((ms) => {
    const ratio = ms === undefined || first === undefined ? DASH : (ms / first).toFixed(2);
    return [us(ms), ratio];
  });
  return [name, us(first), ...cells];
}
