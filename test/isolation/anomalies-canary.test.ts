/**
 * The canaries of the anomaly suite: each script must see its anomaly in a database that has a bug, or it is blind.
 *
 * The bugs are planted in the clients, over a real database whose transactions are used for what the bug leaves intact.
 */
import { describe, expect, it } from 'vitest';
import { ConflictError } from '../../src/base/errors.ts';
import { open } from '../../src/api/open.ts';
import type { BatchOperation } from '../../src/api/batch-operation.ts';
import type { RangeOptions, ScanOptions } from '../../src/api/ranges.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { ANOMALIES, type Anomaly } from './anomalies.ts';
import { Client, Interleaving, type Manner } from './interleaving.ts';

/** Every write is a commit of its own, at once. */
class WritesAtOnce extends Client {
  override put(key: string, value: number): Promise<void> {
    return this.at.db.put(key, value);
  }

  override del(key: string): Promise<void> {
    return this.at.db.del(key);
  }

  override delRange(range: RangeOptions<string>): Promise<void> {
    return this.at.db.delRange(range);
  }
}

/** Commits by a plain batch, and reads see the newest state. */
class HasNoTransactions extends WritesAtOnce {
  override get(key: string): Promise<number | undefined> {
    return this.at.db.get(key);
  }

  override rows(options?: ScanOptions<string>): Promise<[string, number][]> {
    return this.at.db.entries(options).all();
  }
}

/** Reads see what is newest, writes are kept for the commit. */
class ReadsNewest extends Client {
  override get(key: string): Promise<number | undefined> {
    return this.at.db.get(key);
  }

  override rows(options?: ScanOptions<string>): Promise<[string, number][]> {
    return this.at.db.entries(options).all();
  }
}

/** Commits by a plain batch: no validation looks for conflicts. */
class Unchecked extends Client {
  readonly #written: BatchOperation<string, number>[] = [];

  override put(key: string, value: number): Promise<void> {
    this.#written.push({ type: 'put', key, value });
    return super.put(key, value);
  }

  override del(key: string): Promise<void> {
    this.#written.push({ type: 'del', key });
    return super.del(key);
  }

  override delRange(range: RangeOptions<string>): Promise<void> {
    this.#written.push({ type: 'delRange', ...range });
    return super.delRange(range);
  }

  override async finish(): Promise<void> {
    this.tx.rollback();
    await this.at.db.batch(this.#written);
  }
}

/** A refused commit has written a key nevertheless. */
class HalfRefused extends Client {
  override async finish(): Promise<void> {
    try {
      await this.tx.commit();
    } catch (error) {
      if (error instanceof ConflictError) await this.at.db.put('k3', 101);
      throw error;
    }
  }
}

/** Pessimistic transactions whose reads are those of optimistic ones. */
const LOCKS_NO_READS: readonly Manner[] = ['locks writes'];

async function isSeen(
  anomaly: Anomaly,
  makeClient: typeof Client,
  manners: readonly Manner[],
): Promise<boolean> {
  const db = await open<string, number>('/db', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    vfs: new MemoryVfs(),
  });
  try {
    await db.batch([
      { type: 'put', key: 'k1', value: 10 },
      { type: 'put', key: 'k2', value: 20 },
    ]);
    return await anomaly.run(new Interleaving(db, 'snapshot', manners, makeClient));
  } finally {
    await db.close();
  }
}

const BUGS: readonly [string, typeof Client, readonly Manner[]][] = [
  ['writes at once', WritesAtOnce, ['optimistic']],
  ['has no transactions', HasNoTransactions, ['optimistic']],
  ['reads what is newest', ReadsNewest, ['optimistic']],
  ['checks no conflicts', Unchecked, ['optimistic']],
  ['leaves traces of what it refused', HalfRefused, ['optimistic']],
  ['forgets the locks of reads', Client, LOCKS_NO_READS],
];

describe('a database that', () => {
  it.each(BUGS)('%s is found out', async (_bug, makeClient, manners) => {
    let count = 0;
    for (const anomaly of ANOMALIES) {
      if (await isSeen(anomaly, makeClient, manners)) count++;
    }
    expect(count).toBeGreaterThan(0);
  });
});

describe('a script that no bug can make see its anomaly', () => {
  it('does not exist', async () => {
    const blind: string[] = [];
    for (const anomaly of ANOMALIES) {
      const isFound = await Promise.all(
        BUGS.map(([, makeClient, manners]) => isSeen(anomaly, makeClient, manners)),
      );
      if (!isFound.includes(true)) blind.push(anomaly.name);
    }
    expect(blind).toEqual([]);
  });
});
