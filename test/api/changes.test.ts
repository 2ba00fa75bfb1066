/** The stream of changes: every durable commit, whole, in order, without a gap, from any place that the history has. */
import { describe, expect, it } from 'vitest';
import {
  AbortedError,
  type Change,
  ClosedError,
  type CommitChanges,
  type Database,
  HistoryGoneError,
  InvalidArgumentError,
  IoError,
  MemoryVfs,
} from '../../src/index.ts';
import type { OpenMode, VfsFile } from '../../src/vfs/vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom } from '../support/prng.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';
import { errorOf, isSettled, openMemory, TINY, turns } from './fixture.ts';

const KEPT = { history: { keepMs: 3_600_000, keepBytes: 1 << 30 } } as const;

/** Counts files that are open. */
class CountingVfs extends WrappedVfs {
  openCount = 0;
  isClosedTwice = false;
  /** Makes reads of logs fail. */
  isFailing = false;

  override open(path: string, mode: OpenMode): VfsFile {
    this.openCount++;
    return new CountingFile(this.inner.open(path, mode), this, mode === 'read');
  }
}

class CountingFile extends WrappedFile {
  readonly #vfs: CountingVfs;
  readonly #isReader: boolean;
  #isClosed = false;

  constructor(inner: VfsFile, vfs: CountingVfs, isReader: boolean) {
    super(inner);
    this.#vfs = vfs;
    this.#isReader = isReader;
  }

  override async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    if (this.#vfs.isFailing) throw new IoError('Read failed', { path: this.path });
    return super.read(target, offset, length, position);
  }

  override closeSync(): void {
    if (this.#isClosed) this.#vfs.isClosedTwice ||= this.#isReader;
    else this.#vfs.openCount--;
    this.#isClosed = true;
    super.closeSync();
  }
}

async function all(db: Database<string, string>, since: number | Date): Promise<CommitChanges[]> {
  const commits: CommitChanges[] = [];
  for await (const commit of db.changes({ since, follow: false })) commits.push(commit);
  return commits;
}

function textOf(operations: readonly Change[]): string {
  return operations
    .map((each) => {
      if (each.type === 'put') return `${each.keyspace} ${String(each.key)}=${String(each.value)}`;
      if (each.type === 'del') return `${each.keyspace} -${String(each.key)}`;
      const bounds = [each.gteBytes, each.ltBytes].map((b) => b && Buffer.from(b).toString());
      return `${each.keyspace} -[${bounds.join(',')})`;
    })
    .join('; ');
}

describe('changes()', () => {
  it('shows each commit whole, whatever made it', async () => {
    const db = await openMemory();
    const accounts = await db.keyspace('accounts', { keyEncoding: 'tuple', valueEncoding: 'json' });
    await db.put('a', '1');
    await db.batch([
      { type: 'put', key: 'b', value: '2' },
      { type: 'put', in: accounts, key: ['x', 1], value: { balance: 5 } },
      { type: 'del', key: 'a' },
    ]);
    await db.transaction(async (tx) => {
      tx.put('c', `${await tx.get('b')}3`);
      tx.in(accounts).del(['x', 1]);
    });
    await db.delRange({ gte: 'b', lt: 'c' });
    await db.update('c', (current) => `${current}!`);
    await db.clear();
    await db.put('t', 'x', { expiresAt: 4_000_000_000_000 });
    const commits = await all(db, 0);
    expect(commits.map(({ operations }) => textOf(operations))).toEqual([
      'default a=1',
      'default b=2; accounts x,1=[object Object]; default -a',
      'default c=23; accounts -x,1',
      'default -[b,c)',
      'default c=23!',
      'default -[,)',
      'default t=x',
    ]);
    const [, second] = commits;
    expect(second?.operations[1]).toMatchObject({ key: ['x', 1], value: { balance: 5 } });
    expect(commits.at(-1)?.operations[0]).toMatchObject({ expiresAt: 4_000_000_000_000 });
    expect(commits.every(({ time }, i) => i === 0 || time >= commits[i - 1]!.time)).toBe(true);
  });

  it('begins with what comes, and waits for it', async () => {
    const db = await openMemory();
    await db.put('before', '0');
    const changes = db.changes();
    const first = changes.next();
    expect(await isSettled(first)).toBe(false);
    await db.put('after', '1');
    expect(textOf((await first)!.operations)).toBe('default after=1');
    const second = changes.next();
    void db.put('more', '2');
    expect(textOf((await second)!.operations)).toBe('default more=2');
    changes.close();
    expect(await changes.next()).toBe(undefined);
  });

  it('shows operations of the keyspaces that it is asked for, and no commit without any', async () => {
    const db = await openMemory();
    const mails = await db.keyspace('mails', { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    await db.put('a', '1');
    await db.batch([
      { type: 'put', key: 'b', value: '2' },
      { type: 'put', in: mails, key: 'm', value: 'hi' },
    ]);
    const seen: string[] = [];
    for await (const { operations } of db.changes({ since: 0, in: mails, follow: false }))
      seen.push(textOf(operations));
    expect(seen).toEqual(['mails m=hi']);
  });

  it('goes on after any commit, over logs that were kept and logs that are written (commit-stream/whole-and-gapless, log-history/oldest-first)', async () => {
    const seed = 19;
    const random = makeRandom(seed);
    const vfs = new MemoryVfs();
    let db = await openMemory({ vfs, ...TINY, ...KEPT });
    const expected: string[] = [];
    for (let step = 0; step < 300; step++) {
      const kind = random.below(20);
      if (kind === 0) await db.flush();
      else if (kind === 1) await db.compact();
      else if (kind === 2) {
        await db.close();
        db = await openMemory({ vfs, ...TINY }); // the bounds are recorded
      } else {
        const count = 1 + random.below(3);
        const filler = random.chance(0.1) ? 'x'.repeat(40_000) : '';
        const puts = Array.from({ length: count }, (_, i) => ({
          type: 'put' as const,
          key: `k${random.below(50)}`,
          value: `${step}.${i}${filler}`,
        }));
        await db.batch(puts, { durability: random.pick(['sync', 'os'] as const) });
        expected.push(puts.map(({ key, value }) => `default ${key}=${value}`).join('; '));
      }
    }
    const commits = await all(db, 0);
    expect(
      commits.map(({ operations }) => textOf(operations)),
      `seed=${seed}`,
    ).toEqual(expected);
    for (let i = 0; i < 20; i++) {
      const after = random.below(commits.length);
      const rest = await all(db, commits[after]!.sequence);
      expect(rest.map(({ sequence }) => sequence)).toEqual(
        commits.slice(after + 1).map(({ sequence }) => sequence),
      );
    }
    expect(db.stats().background).toBeDefined();
    expect((await db.verify()).problems).toEqual([]);
  });

  it('shows nothing that a power cut could take back (commit-stream/durable-only)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await db.put('a', '1');
    const changes = db.changes();
    const open = vfs.shut('sync');
    await db.put('os', '2', { durability: 'os' });
    expect(db.getSync('os')).toBe('2');
    const next = changes.next();
    const synced = db.put('sync', '3');
    expect(await isSettled(next)).toBe(false);
    open();
    await synced;
    expect(textOf((await next)!.operations)).toBe('default os=2');
    expect(textOf((await changes.next())!.operations)).toBe('default sync=3');
    changes.close();
  });

  it('makes an os commit durable for those who wait for it', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    const changes = db.changes();
    await db.put('os', '1', { durability: 'os' });
    const next = changes.next();
    expect(await isSettled(next)).toBe(false);
    clock.advance(20);
    expect(textOf((await next)!.operations)).toBe('default os=1');
    changes.close();
  });

  it('begins at a time', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock }, ...KEPT });
    const times: Date[] = [];
    for (let i = 0; i < 6; i++) {
      clock.advance(1000);
      times.push(new Date(clock.wallMs()));
      await db.put(`k${i}`, 'v');
      if (i % 2 === 1) await db.flush();
    }
    for (let i = 0; i < 6; i++) {
      const commits = await all(db, times[i]!);
      expect(commits.map(({ operations }) => textOf(operations))).toEqual(
        Array.from({ length: 6 - i }, (_, k) => `default k${i + k}=v`),
      );
    }
  });
});

describe('what the history has no more', () => {
  it('is told: without the option, what was flushed', async () => {
    const db = await openMemory();
    await db.put('a', '1');
    await db.put('b', '2');
    await db.flush();
    await db.put('c', '3');
    const error = await errorOf(() => all(db, 1));
    expect(error).toBeInstanceOf(HistoryGoneError);
    expect(error).toMatchObject({ code: 'HISTORY_GONE', oldestSequence: 3 });
    expect((await all(db, 2)).map(({ operations }) => textOf(operations))).toEqual(['default c=3']);
  });

  it('goes by bytes and by age, the oldest first (log-history/within-bounds)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const history = { keepMs: 10_000, keepBytes: 1024 * 1024 };
    const db = await openMemory({ vfs, environment: { clock }, history });
    const logCount = (): number =>
      vfs.list('/test/db').filter((name) => name.endsWith('.log')).length;
    for (let i = 0; i < 12; i++) {
      await db.put(`k${i}`, 'x'.repeat(300_000));
      await db.flush();
    }
    await turns(20); // the logs go after the flush
    expect(logCount()).toBeLessThanOrEqual(5);
    const error = await errorOf(() => all(db, 0));
    expect(error).toBeInstanceOf(HistoryGoneError);
    const oldest = (error as HistoryGoneError).oldestSequence!;
    expect((await all(db, oldest - 1)).length).toBe(12 - oldest + 1);
    clock.advance(20_000);
    await db.put('later', '1');
    await db.flush();
    clock.advance(20_000);
    await db.put('last', '1');
    await db.flush();
    await turns(20);
    expect((await all(db, 13)).map(({ operations }) => textOf(operations))).toEqual([
      'default last=1',
    ]);
    expect(await errorOf(() => all(db, 11))).toBeInstanceOf(HistoryGoneError);
  });

  it('is given back when history is turned off, and at once', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, ...KEPT });
    await db.put('a', '1');
    await db.flush();
    expect(await all(db, 0)).toHaveLength(1);
    await db.close();
    const again = await openMemory({ vfs, history: 'off' });
    expect(await errorOf(() => all(again, 0))).toBeInstanceOf(HistoryGoneError);
    await again.put('b', '1');
    await again.flush();
    expect(await errorOf(() => all(again, 1))).toBeInstanceOf(HistoryGoneError);
  });

  it('is told to a stream that comes to a bulk load, which no log holds', async () => {
    const db = await openMemory(KEPT);
    await db.put('a', '1');
    const changes = db.changes({ since: 0 });
    expect(await changes.next()).toBeDefined();
    const next = changes.next();
    await db.ingest([['b', '2']]);
    expect(await errorOf(() => next)).toBeInstanceOf(HistoryGoneError);
    await db.put('c', '3');
    expect(await errorOf(() => all(db, 0))).toBeInstanceOf(HistoryGoneError);
    expect(await all(db, 2)).toHaveLength(1);
  });
});

describe('the end of a stream', () => {
  it.each(['close', 'signal', 'database'])('a step that waits hears of it: %s', async (way) => {
    const db = await openMemory();
    const ending = new AbortController();
    const changes = db.changes({ signal: ending.signal });
    const next = changes.next();
    next.catch(() => undefined);
    expect(await isSettled(next)).toBe(false);
    if (way === 'close') changes.close();
    else if (way === 'signal') ending.abort(new Error('enough'));
    else await db.close();
    if (way === 'close') expect(await next).toBe(undefined);
    else {
      const error = await errorOf(() => next);
      expect(error).toBeInstanceOf(way === 'signal' ? AbortedError : ClosedError);
    }
    expect(await changes.next()).toBe(undefined);
  });

  it.each(['the end', 'close', 'an error', 'the database'])(
    'gives the file back once: %s (changes/closed-once)',
    async (way) => {
      const vfs = new CountingVfs(new MemoryVfs());
      const db = await openMemory({ vfs });
      await db.put('a', '1');
      const before = vfs.openCount;
      const changes = db.changes({ since: 0, follow: false });
      await changes.next();
      expect(vfs.openCount).toBe(before + 1);
      if (way === 'the end') await changes.next();
      if (way === 'an error') {
        await db.put('b', '1');
        vfs.isFailing = true;
        expect(await errorOf(() => changes.next())).toBeInstanceOf(IoError);
        vfs.isFailing = false;
      }
      if (way === 'the database') {
        await db.close();
        expect(vfs.openCount).toBe(0);
      }
      changes.close();
      changes.close();
      await turns(2);
      if (way !== 'the database') expect(vfs.openCount).toBe(before);
      expect(vfs.isClosedTwice).toBe(false);
    },
  );

  it('leaving the loop gives the file back', async () => {
    const db = await openMemory();
    await db.put('a', '1');
    for await (const commit of db.changes({ since: 0 })) {
      expect(commit.sequence).toBe(1);
      break;
    }
    await db.close();
  });

  it.each([
    ['since', { since: -1 }],
    ['since', { since: 1.5 }],
    ['since', { since: new Date(NaN) }],
    ['future', { since: 5 }],
    ['follow', { follow: 'yes' }],
    ['keyspace', { in: 'accounts' }],
    ['Unknown option', { from: 3 }],
  ])('a bad option is refused: %s', async (message, options) => {
    const db = await openMemory();
    const call = (): unknown => db.changes(options as never);
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(message);
  });

  it.each([
    ['history', 'on'],
    ['keepMs', { keepMs: 0 }],
    ['keepBytes', { keepBytes: 1000 }],
    ['Unknown option', { days: 3 }],
  ])('a bad history is refused: %s', async (message, history) => {
    expect(String(await errorOf(() => openMemory({ history: history as never })))).toContain(
      message,
    );
  });
});
