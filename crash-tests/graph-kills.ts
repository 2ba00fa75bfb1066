/**
 * kill -9 amid the load of a graph, again and again: `make graph-kills`.
 *
 * Owns: the parent, which starts a process that changes a graph, kills it, and compares what is there with what the process
 * had said. graph-kills-child.ts is the process. ROUNDS is how often (200), SEED the seed.
 *
 * Each writer of the child owns nodes of its own, each with an edge to a hub that all share. It writes a record before each
 * call and after each acknowledgement into a file of the parent's. So after every kill must hold:
 *   - the nodes of a writer are those of what was acknowledged, or of that and of the one call that was under way;
 *   - a node and its edge, which change in one transaction, say the same: no transaction is there by half;
 *   - no id was given twice, in any round;
 *   - verify() finds nothing: no edge dangles, and labels and indexes have their entries and no others.
 *
 * Suspension: everything here suspends.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { open } from '../src/api/open.ts';
import { type Graph, graph } from '../src/graph/index.ts';
import { makeRandom } from '../test/support/prng.ts';
import { printProof } from '../test/support/proof-line.ts';
import {
  applyCall,
  type Call,
  type Owned,
  ownedOf,
  runGraphChild,
  TUNING,
  WRITER_COUNT,
} from './graph-kills-child.ts';

/** Only a child that hangs lives so long. */
const HANG_MS = 60_000;

const childDirectory = process.argv[2];
if (childDirectory !== undefined) await runGraphChild(childDirectory, Number(process.argv[3]));
else await runParent();

/** What the records of a child say of one writer. */
interface Story {
  owned: Owned;
  underWay: Call | undefined;
}

async function runParent(): Promise<void> {
  const roundCount = Number(process.env['ROUNDS'] ?? 200);
  const seed = Number(process.env['SEED'] ?? 1);
  const random = makeRandom(seed);
  const root = mkdtempSync(join(tmpdir(), 'varve-graph-kills-'));
  const directory = join(root, 'db');
  const startMs = performance.now();
  const given = new Map<number, string>();
  let acknowledgedCount = 0;
  let base: Owned[] = Array.from({ length: WRITER_COUNT }, () => new Map());
  try {
    for (let round = 0; round < roundCount; round++) {
      const records = await runUntilKilled(root, directory, random.next() >>> 8, random.below(700));
      const stories = storiesOf(records, base, given);
      acknowledgedCount += records.filter((record) => record.startsWith('a')).length;
      try {
        base = await check(directory, stories, given);
      } catch (error) {
        throw new Error(`A promise is broken in round ${round}, seed ${seed}: ${String(error)}`, {
          cause: error,
        });
      }
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const seconds = (performance.now() - startMs) / 1000;
  const nodeCount = base.reduce((sum, owned) => sum + owned.size, 0);
  console.log(
    `graph kills: ${roundCount} kills in ${seconds.toFixed(0)} s, ${acknowledgedCount} calls acknowledged, ` +
      `${given.size} ids given, ${nodeCount} nodes left. No promise was broken.`,
  );
  // A broken promise has thrown.
  const count = { 'kill rounds': roundCount, calls: acknowledgedCount };
  printProof({ part: 'graph-kills', count, failures: 0, seconds });
}

/** The records of the child until it died. */
async function runUntilKilled(
  root: string,
  directory: string,
  seed: number,
  delayMs: number,
): Promise<string[]> {
  const path = join(root, 'records');
  const descriptor = openSync(path, 'w');
  const child = spawn(process.execPath, [process.argv[1] ?? '', directory, String(seed)], {
    stdio: ['ignore', descriptor, 'inherit'],
  });
  closeSync(descriptor);
  // Most are killed some time after their first record, the others while they start or recover.
  const isEarly = seed % 8 === 0;
  let timer = setTimeout(() => child.kill('SIGKILL'), isEarly ? delayMs : HANG_MS);
  const looks = setInterval(() => {
    if (isEarly || statSync(path).size === 0) return;
    clearInterval(looks);
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
  }, 5);
  const end = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? `exit ${code ?? ''}`));
  });
  clearTimeout(timer);
  clearInterval(looks);
  if (end !== 'SIGKILL') throw new Error(`The child ended by itself: ${end}`);
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // what follows the last newline was not written whole
  return lines;
}

function storiesOf(
  records: readonly string[],
  base: readonly Owned[],
  given: Map<number, string>,
): Story[] {
  const stories = base.map((owned): Story => ({ owned: new Map(owned), underWay: undefined }));
  for (const record of records) {
    const call = JSON.parse(record.slice(2)) as Call;
    const story = stories[call.writer]!;
    if (record.startsWith('b')) {
      story.underWay = call;
      continue;
    }
    story.owned = applyCall(story.owned, call);
    story.underWay = undefined;
    for (const id of [call.node, call.edge]) note(given, id, call);
  }
  return stories;
}

/** Throws when an id was given for something else before. */
function note(given: Map<number, string>, id: number | undefined, { tag, kind }: Call): void {
  if (id === undefined || kind !== 'create') return;
  const before = given.get(id);
  if (before !== undefined && before !== tag) throw new Error(`Id was given again: id=${id}`);
  given.set(id, tag);
}

/** What is there, which must be what each story says. */
async function check(
  directory: string,
  stories: readonly Story[],
  given: Map<number, string>,
): Promise<Owned[]> {
  const db = await open(directory, TUNING);
  try {
    const g = await graph(db, 'kills');
    await g.ready();
    const report = await g.verify();
    if (!report.isOk) throw new Error(`verify: ${report.problems.slice(0, 5).join('; ')}`);
    const { problems, isSound } = await db.verify();
    if (!isSound) throw new Error(`verify of the database: ${JSON.stringify(problems)}`);
    const found: Owned[] = [];
    for (const [writer, story] of stories.entries()) {
      found.push(await checkWriter(g, writer, story, given));
    }
    return found;
  } finally {
    await db.close();
  }
}

async function checkWriter(
  g: Graph,
  writer: number,
  { owned, underWay }: Story,
  given: Map<number, string>,
): Promise<Owned> {
  const found = await ownedOf(g, writer);
  for (const { node, edge, tag } of found.values()) {
    for (const id of [node, edge]) {
      const before = given.get(id);
      if (before !== undefined && before !== tag) throw new Error(`Id was given again: id=${id}`);
      given.set(id, tag);
    }
  }
  const wanted = [owned];
  if (underWay !== undefined) {
    const made = found.get(underWay.tag); // of a node under way only the graph knows the ids
    const call = {
      ...underWay,
      node: underWay.node ?? made?.node,
      edge: underWay.edge ?? made?.edge,
    };
    if (underWay.kind !== 'create' || made !== undefined) wanted.push(applyCall(owned, call));
  }
  const shown = shownOwned(found);
  if (wanted.some((each) => shownOwned(each) === shown)) return found;
  throw new Error(
    `Writer ${writer} has ${shown}, not one of ${wanted.map(shownOwned).join(' or ')}`,
  );
}

function shownOwned(owned: Owned): string {
  return JSON.stringify([...owned.values()].sort((a, b) => a.node - b.node));
}
