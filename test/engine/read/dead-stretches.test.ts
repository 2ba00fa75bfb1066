/** Long runs of deleted keys: what lies behind them is found, and they are not stepped over each time. */
import { describe, expect, it } from 'vitest';
import { sequenceNumber } from '../../../src/base/ids.ts';
import { READY } from '../../../src/iterator/internal-iterator.ts';
import { DELETION, VALUE } from '../../../src/base/value-type.ts';
import type { Database } from '../../../src/api/database.ts';
import { DeadStretches, ScanStretches } from '../../../src/engine/read/dead-stretches.ts';
import type { ReadState } from '../../../src/engine/state/read-state.ts';
import { type HiddenRuns, VisibleIterator } from '../../../src/iterator/visible-iterator.ts';
import { insertEntry } from '../../support/operations.ts';
import { Memtable } from '../../../src/memtable/memtable.ts';
import { makeRandom, type Random } from '../../support/prng.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { numberKey } from '../../support/range-patterns.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { errorOf, openMemory, TINY } from '../../api/fixture.ts';

const COUNT = 5000;

/** A queue in one memtable, and looks at its ends that count what they step over. */
class Queue {
  readonly memtable: Memtable = Memtable.create({
    capacityBytes: 4 * 1024 * 1024,
    baseSequence: sequenceNumber(0),
  });
  readonly #stretches = new DeadStretches();
  #largestTableSequence = 0;

  write(type: typeof VALUE | typeof DELETION, number: number): void {
    const key = numberKey(number);
    const sequence = this.memtable.lastSequence + 1;
    const value = type === VALUE ? key : new Uint8Array(0);
    insertEntry(this.memtable, { type, sequence, key, value });
  }

  /** As a bulk load does. */
  raiseTables(): void {
    this.#largestTableSequence = this.memtable.lastSequence + 1;
  }

  /** The number at one end, or undefined, and how many entries were stepped over if they were many. */
  look(
    isBackward: boolean,
    readSequence: number = this.memtable.lastSequence,
  ): [number | undefined, number] {
    const state = {
      slots: [{ memtable: this.memtable }],
      version: { largestSequence: this.#largestTableSequence },
    } as unknown as ReadState;
    const runs = new ScanStretches(this.#stretches, state, readSequence, 0);
    let hidden = 0;
    const counted: HiddenRuns = {
      skip: (target, isBelow) => runs.skip(target, isBelow),
      note: (start, end, hiddenCount, byClock) => {
        hidden = hiddenCount;
        runs.note(start, end, hiddenCount, byClock);
      },
    };
    const options = { lower: numberKey(0), upper: numberKey(10 ** 9), runs: counted };
    const cursor = new VisibleIterator(this.memtable.iterator(readSequence), undefined, {
      ...options,
      wallMs: 0,
    });
    const status = isBackward ? cursor.seekLast() : cursor.seekFirst();
    if (status !== READY) return [undefined, hidden];
    return [Number(Buffer.from(cursor.key.slice(cursor.keyStart, cursor.keyEnd))), hidden];
  }
}

function emptied(isBackward: boolean): Queue {
  const queue = new Queue();
  for (let i = 0; i < COUNT; i++) queue.write(VALUE, i);
  for (let i = 0; i < COUNT - 100; i++) queue.write(DELETION, isBackward ? COUNT - 1 - i : i);
  return queue;
}

describe.each([false, true])('a queue that is emptied, backward=%s', (isBackward) => {
  const end = isBackward ? 99 : COUNT - 100;

  it('is stepped through by the first look only', () => {
    const queue = emptied(isBackward);
    expect(queue.look(isBackward)).toEqual([end, COUNT - 100]);
    for (let taken = 0; taken < 90; taken++) {
      const at = isBackward ? 99 - taken : COUNT - 100 + taken;
      const [found, hidden] = queue.look(isBackward);
      expect(found).toBe(at);
      expect(hidden).toBeLessThan(200);
      queue.write(DELETION, at);
    }
  });

  it('shows what is put into the stretch, and what an older reader sees in it (dead-stretches/still-so)', () => {
    const queue = emptied(isBackward);
    const before = queue.memtable.lastSequence;
    const inside = isBackward ? COUNT - 10 : 10;
    queue.look(isBackward);
    queue.write(VALUE, inside);
    expect(queue.look(isBackward)[0]).toBe(inside);
    expect(queue.look(isBackward, before)[0]).toBe(end);
    const afterPuts = COUNT;
    expect(queue.look(isBackward, afterPuts)[0]).toBe(isBackward ? COUNT - 1 : 0);
    queue.write(DELETION, inside);
    expect(queue.look(isBackward)[0]).toBe(end);
  });

  it('is stepped through again once tables may hold more, or more was written than it spares (dead-stretches/still-so)', () => {
    const queue = emptied(isBackward);
    queue.look(isBackward);
    queue.raiseTables();
    expect(queue.look(isBackward)).toEqual([end, COUNT - 100]);
    const other = emptied(isBackward);
    other.look(isBackward);
    for (let i = 0; i < COUNT; i++) other.write(VALUE, 2 * COUNT + 10 ** 9 + i);
    expect(other.look(isBackward)).toEqual([end, COUNT - 100]);
  });
});

async function step(
  db: Database<string, string>,
  random: Random,
  model: Map<string, string>,
): Promise<void> {
  const key = (number: number): string => `q${String(number).padStart(5, '0')}`;
  const from = random.below(600);
  const to = from + random.below(200);
  const inside = [...model.keys()].filter((each) => each >= key(from) && each < key(to));
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      await db.batch(inside.map((each) => ({ type: 'del', key: each })));
      for (const each of inside) model.delete(each);
      break;
    case 3:
      await db.delRange({ gte: key(from), lt: key(to) });
      for (const each of inside) model.delete(each);
      break;
    case 4:
      await db.flush();
      break;
    case 5: {
      const one = key(random.below(900));
      await db.put(one, 'one');
      model.set(one, 'one');
      break;
    }
    case 6: {
      const more = Array.from({ length: 50 }, (_, i) => key(700 + random.below(2) + 3 * i));
      const entries = [...new Set(more)].sort().map((each): [string, string] => [each, 'loaded']);
      if (random.chance(0.3)) await db.ingest(entries);
      else await db.batch(entries.map(([each, value]) => ({ type: 'put', key: each, value })));
      for (const [each, value] of entries) model.set(each, value);
      break;
    }
    default: {
      const puts = Array.from({ length: 120 }, (_, i) => key(from + i));
      if (random.chance(0.3)) {
        await db.batch(puts.map((each) => ({ type: 'put', key: each, value: 'many' })));
        for (const each of puts) model.set(each, 'many');
      }
    }
  }
}

describe('looks at both ends of what is left', () => {
  it('find it after any history of puts, deletions, flushes and loads, now and in snapshots', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = makeRandom(seed);
      const db = await openMemory({ ...TINY, durability: 'os' });
      const model = new Map<string, string>();
      const held: { snapshot: ReturnType<typeof db.snapshot>; keys: string[] }[] = [];
      for (let i = 0; i < 80; i++) {
        await step(db, random, model);
        const keys = [...model.keys()].sort();
        const start = `q${String(random.below(900)).padStart(5, '0')}`;
        const note = `seed=${seed} step=${i} start=${start}`;
        for (const from of ['', 'q', start]) {
          const first = await db.keys({ gte: from, limit: 1 }).all();
          expect(first, note).toEqual(keys.filter((each) => each >= from).slice(0, 1));
          const last = await db.keys({ lt: `${from}~`, reverse: true, limit: 1 }).all();
          expect(last, note).toEqual(keys.filter((each) => each < `${from}~`).slice(-1));
        }
        const inTransaction = await db.transaction((tx) => tx.keys({ gte: start, limit: 2 }).all());
        expect(inTransaction, note).toEqual(keys.filter((each) => each >= start).slice(0, 2));
        for (const { snapshot, keys: then } of held) {
          const found = await db.keys({ gte: start, limit: 3, snapshot }).all();
          expect(found, note).toEqual(then.filter((each) => each >= start).slice(0, 3));
        }
        if (random.chance(0.1)) held.push({ snapshot: db.snapshot(), keys });
        if (held.length > 3) held.shift()?.snapshot.close();
      }
      for (const { snapshot } of held) snapshot.close();
      await db.close();
    }
  });
});

describe('deletions that are taken back', () => {
  it('leave no stretch, though a transaction has scanned them before (dead-stretches/published)', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs, durability: 'os' });
    const keys = Array.from({ length: 200 }, (_, i) => `q${1000 + i}`);
    await db.batch(keys.map((key) => ({ type: 'put', key, value: 'x' })));
    vfs.inject({ kinds: ['write'], path: /\.log$/, code: 'ENOSPC' });
    const refused = errorOf(() => db.batch(keys.map((key) => ({ type: 'del', key }))));
    const tx = db.begin(); // at the newest state, the deletions included
    expect([...tx.keys({ prefix: 'q' })]).toEqual([]);
    tx.rollback();
    expect(await refused).toMatchObject({ code: 'IO_ERROR' });
    vfs.heal();
    const others = Array.from({ length: 210 }, (_, i) => `r${1000 + i}`); // past their sequences
    await db.batch(others.map((key) => ({ type: 'put', key, value: 'x' })));
    expect([...db.keys({ prefix: 'q' })]).toEqual(keys);
  });
});
