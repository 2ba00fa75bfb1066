/**
 * The process that changes a graph until it is killed.
 *
 * Owns: the writers, and the records that they leave on standard output, which is a file:
 *
 *      b <call as JSON>     before the call
 *      a <call as JSON>     after its promise has resolved, with the ids that it gave
 *
 * Invariants:
 *   graph-kills/one-at-a-time: a writer has one call under way, and changes what it owns alone. So its records say what it
 *       owns, but for that one call.
 *
 * Suspension: writers wait for their own calls. Beside them an index comes and goes.
 */
import { writeSync } from 'node:fs';
import { open } from '../src/api/open.ts';
import { type Database } from '../src/api/database.ts';
import { type TuningOptions } from '../src/base/options.ts';
import { type Graph, graph } from '../src/graph/index.ts';
import { makeRandom, type Random } from '../test/support/prng.ts';

/** Small, so that a few hundred milliseconds see every kind of background work. */
export const TUNING: TuningOptions = {
  memtableSizeBytes: 256 * 1024,
  level1SizeBytes: 512 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level0CompactionTrigger: 2,
};

export const WRITER_COUNT = 5;
const OWNED_COUNT_MAX = 40;
const STDOUT = 1;

export type CallKind = 'create' | 'set' | 'flag' | 'delete';

/** One transaction of a writer. */
export interface Call {
  readonly writer: number;
  readonly kind: CallKind;
  /** What names the node for ever. */
  readonly tag: string;
  readonly value: number;
  readonly node?: number | undefined;
  readonly edge?: number | undefined;
}

/** A node of a writer, with its edge to the hub. */
export interface OwnedNode {
  readonly tag: string;
  readonly node: number;
  readonly edge: number;
  readonly value: number;
  readonly isFlagged: boolean;
}

/** By their tags. */
export type Owned = ReadonlyMap<string, OwnedNode>;

/** What a writer owns after a call. */
export function applyCall(owned: Owned, { kind, tag, value, node = 0, edge = 0 }: Call): Owned {
  const next = new Map(owned);
  const old = owned.get(tag);
  if (kind === 'create') next.set(tag, { tag, node, edge, value, isFlagged: false });
  else if (kind === 'delete') next.delete(tag);
  else if (old === undefined) throw new Error(`Nothing is owned under this tag: tag=${tag}`);
  else if (kind === 'set') next.set(tag, { ...old, value });
  else next.set(tag, { ...old, isFlagged: !old.isFlagged });
  return next;
}

/** What a writer owns, as the graph says. Throws when a node and its edge disagree. */
export async function ownedOf(g: Graph, writer: number): Promise<Map<string, OwnedNode>> {
  const owned = new Map<string, OwnedNode>();
  for await (const id of g.findNodesByLabel(`Writer${writer}`)) {
    const found = await g.getNode(id);
    const [link, ...more] = await g.neighbors(id, { direction: 'out' }).all();
    if (found === undefined || link === undefined || more.length > 0) {
      throw new Error(`Node is there by half: node=${id} edges=${more.length + 1}`);
    }
    const { tag, value } = found.properties as { tag: string; value: number };
    const mirror = await g.getEdgeProperty(link.edge, 'value');
    if (mirror !== value) throw new Error(`Edge says ${String(mirror)}, node ${value}: node=${id}`);
    const isFlagged = found.labels.includes('Flagged');
    owned.set(tag, { tag, node: id, edge: link.edge, value, isFlagged });
  }
  return owned;
}

export async function runGraphChild(directory: string, seed: number): Promise<void> {
  const durability = seed % 2 === 0 ? 'sync' : 'os'; // a kill loses nothing of either
  const db = await open(directory, { ...TUNING, durability });
  const g = await graph(db, 'kills');
  const [known] = await g.findNodesByLabel('Hub').first(1);
  const hub = known ?? (await g.createNode({ labels: ['Hub'] }));
  const writers = Array.from({ length: WRITER_COUNT }, (_, writer) =>
    runWriter({ db, g, hub, writer }, makeRandom(seed + writer), String(seed)),
  );
  await Promise.all([...writers, runIndexes(g, makeRandom(seed + WRITER_COUNT))]);
}

interface WriterParts {
  readonly db: Database;
  readonly g: Graph;
  readonly hub: number;
  readonly writer: number;
}

async function runWriter(parts: WriterParts, random: Random, life: string): Promise<never> {
  const { g, writer } = parts;
  let owned: Owned = await ownedOf(g, writer);
  for (let number = 0; ; number++) {
    const tags = [...owned.keys()];
    const mayCreate = tags.length < OWNED_COUNT_MAX;
    const isCreated = tags.length === 0 || (mayCreate && random.chance(0.3));
    const kind = isCreated ? 'create' : random.pick<CallKind>(['set', 'set', 'flag', 'delete']);
    const tag = isCreated ? `${life}-${writer}-${number}` : random.pick(tags);
    const call: Call = { writer, kind, tag, value: random.below(1000) };
    writeSync(STDOUT, `b ${JSON.stringify(call)}\n`);
    const done = await run(parts, owned.get(tag), call);
    writeSync(STDOUT, `a ${JSON.stringify(done)}\n`);
    owned = applyCall(owned, done);
  }
}

/** Makes the call, and returns it with the ids that it gave. */
async function run(
  { db, g, hub, writer }: WriterParts,
  old: OwnedNode | undefined,
  call: Call,
): Promise<Call> {
  const { kind, tag, value } = call;
  if (old === undefined) {
    return db.transaction(async (tx) => {
      const inTx = g.in(tx);
      const labels = [`Writer${writer}`, 'Owned'];
      const node = await inTx.createNode({ labels, properties: { tag, value } });
      const edge = await inTx.createEdge({
        from: node,
        to: hub,
        type: 'OF',
        properties: { value },
      });
      return { ...call, node, edge };
    });
  }
  if (kind === 'set') {
    await db.transaction(async (tx) => {
      await g.in(tx).setNodeProperty(old.node, 'value', value);
      await g.in(tx).setEdgeProperty(old.edge, 'value', value);
    });
  } else if (kind === 'flag') {
    if (old.isFlagged) await g.removeLabels(old.node, ['Flagged']);
    else await g.addLabels(old.node, ['Flagged']);
  } else {
    await g.deleteNode(old.node, { cascade: true });
  }
  return { ...call, node: old.node, edge: old.edge };
}

/** Indexes that come, one lot after the other, and go. */
async function runIndexes(g: Graph, random: Random): Promise<never> {
  for (;;) {
    await g.createEdgePropertyIndex('OF', 'value');
    if (random.chance(0.5)) await g.dropEdgePropertyIndex('OF', 'value');
    for (const label of ['Owned', 'Flagged']) {
      await g.createPropertyIndex(label, 'value');
      for (let i = random.below(20); i > 0; i--)
        await g.createNode({ labels: ['Owned'], properties: { value: i } });
      if (random.chance(0.5)) await g.dropPropertyIndex(label, 'value');
    }
  }
}
