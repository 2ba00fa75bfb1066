/** Verifiable keyspaces: roots and proofs through everything that happens to a database. */
import { describe, expect, it } from 'vitest';
import { restore } from '../../src/backup/backups.ts';
import { attach } from '../../src/api/attach.ts';
import type { Database } from '../../src/api/database.ts';
import { open, openForRepair } from '../../src/api/open.ts';
import { isInRange } from '../../src/bytes/key-range.ts';
import { keyspaceRange } from '../../src/bytes/keyspace-number.ts';
import { repair } from '../../src/inspect/repair.ts';
import { verifyExtension, verifyProof } from '../../src/ledger/index.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { MemoryStore } from '../backup/fixture.ts';
import { closeLater, DIRECTORY, errorOf, makeDirectory, openMemory, TINY } from '../api/fixture.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { extentOf } from '../support/extent.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { checkLedger, LEDGER, rootOf, type Text, type TextEntry } from './model-ledger.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
/** The numbers of the ledger of these tests, and of its tree. */
const ENTRIES = 2;
const TREE = 3;

const entriesOf = (count: number, first = 0): TextEntry[] =>
  Array.from({ length: count }, (_, i) => [`k${(first + i) * 7919}`, `v${first + i}`]);

async function putAll(ledger: Text, entries: readonly TextEntry[]): Promise<void> {
  await ledger.batch(entries.map(([key, value]) => ({ type: 'put', key, value })));
}

describe('a verifiable keyspace', () => {
  it('has the root of RFC 9162 over its entries in commit order, and proofs of each (append-only/order)', async () => {
    const db = await openMemory();
    const ledger = await db.keyspace('ledger', LEDGER);
    const entries: TextEntry[] = [];
    await checkLedger(ledger, entries);
    const kept = [await ledger.root()];
    const add = async (
      added: readonly TextEntry[],
      call: () => Promise<unknown>,
    ): Promise<void> => {
      await call();
      entries.push(...added);
      await checkLedger(ledger, entries, kept);
      kept.push(await ledger.root());
    };
    await add([['z', '1']], () => ledger.put('z', '1'));
    await add([['', '']], () => ledger.put('', ''));
    const batch = entriesOf(11);
    await add(batch, () => putAll(ledger, batch));
    // A transaction: in the order in which its keys were first written.
    const byTransaction: TextEntry[] = [
      ['y', 'last'],
      ['x', '5'],
      ['w', '6'],
    ];
    await add(byTransaction, () =>
      db.transaction(async (tx) => {
        tx.in(ledger).put('y', 'draft');
        tx.put('own', 'no entry of the ledger');
        tx.in(ledger).put('x', '5');
        tx.in(ledger).put('y', 'last');
        tx.in(ledger).update('w', () => '6');
      }),
    );
    const parallel = entriesOf(20, 100);
    await add(parallel, () => Promise.all(parallel.map(([key, value]) => ledger.put(key, value))));
    expect((await db.verify()).ledgerCount).toBe(1);
    expect((await db.verify()).problems).toEqual([]);
  });

  it('gives a root of one place in the order of commits (ledgers/one-place)', async () => {
    const db = await openMemory({ versionRetentionMs: 3_600_000 });
    const ledger = await db.keyspace('ledger', LEDGER);
    const entries = entriesOf(9);
    for (const [key, value] of entries.slice(0, 5)) await ledger.put(key, value);
    const snapshot = db.snapshot();
    const before = await ledger.root();
    expect(before.sequence).toBe(db.stats().sequence.published);
    for (const [key, value] of entries.slice(5)) await ledger.put(key, value);
    expect(await ledger.root({ snapshot })).toEqual({
      ...rootOf(entries, 5),
      sequence: before.sequence,
    });
    const at = { sequence: before.sequence };
    expect(await ledger.root({ at })).toEqual(before);
    expect((await ledger.prove(entries[2]![0], { at }))?.root).toEqual(rootOf(entries, 5));
    const late = entries[7]![0];
    expect(await ledger.prove(late, { snapshot })).toBe(undefined);
    expect((await ledger.prove(entries[2]![0], { snapshot }))?.root).toEqual(rootOf(entries, 5));
    const extension = await ledger.proveExtension(rootOf(entries, 3), { snapshot });
    expect(verifyExtension(extension, rootOf(entries, 3))).toEqual(rootOf(entries, 5));
    expect((await ledger.root()).sequence).toBeGreaterThan(before.sequence);
    snapshot.close();
  });

  it('refuses a root of another ledger, one from the future, and a keyspace without a tree', async () => {
    const db = await openMemory();
    const ledger = await db.keyspace('ledger', LEDGER);
    await putAll(ledger, entriesOf(5));
    const other = rootOf(entriesOf(5, 50), 3);
    for (const root of [
      other,
      rootOf(entriesOf(9)),
      null,
      7,
      {},
      { size: 3 },
      { size: -1, hash: '' },
    ]) {
      const error = await errorOf(() => ledger.proveExtension(root as never));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    const plain = await db.keyspace('plain', { ...TEXT, mode: 'append-only' });
    for (const call of [() => plain.root(), () => db.root(), () => plain.prove('k')]) {
      expect(await errorOf(call)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('is the same after flush, compaction, reopen, checkpoint, backup and restore', async () => {
    const vfs = new MemoryVfs();
    const entries = entriesOf(300);
    let db = await openMemory({ vfs, ...TINY });
    let ledger = await db.keyspace('ledger', LEDGER);
    await putAll(ledger, entries.slice(0, 250));
    const kept = [await ledger.root()];
    await db.flush();
    for (const [key, value] of entries.slice(250)) await ledger.put(key, value);
    await db.compact();
    const root = await ledger.root();
    await db.checkpoint('/copy');
    const store = new MemoryStore();
    await db.backup(store);
    await db.close();
    await restore(store, '/restored', { vfs });
    for (const path of [DIRECTORY, '/copy', '/restored']) {
      db = closeLater(await open(path, { vfs, ...TEXT }));
      ledger = await db.keyspace('ledger', LEDGER);
      const found = await ledger.root();
      expect([found.size, found.hash]).toEqual([root.size, root.hash]);
      await ledger.put('after', path);
      await checkLedger(ledger, [...entries, ['after', path]], kept);
      expect((await db.verify()).problems).toEqual([]);
      await db.close();
    }
  });

  it('goes on from what is there after commits that were taken back, refused, or had to wait', async () => {
    const faults = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs: faults, ...TINY });
    const options = {
      ...LEDGER,
      valueEncoding: 'json',
      indexes: { byId: { on: ['id'], unique: true } },
    } as const;
    const ledger = await db.keyspace('ledger', LEDGER);
    const unique = await db.keyspace('unique', options);
    const entries: TextEntry[] = [['a', '1']];
    await ledger.put('a', '1');
    await unique.put('a', { id: 1 });
    faults.inject({ kinds: ['write'], code: 'ENOSPC', sticky: true, nth: 1 });
    const refused = await Promise.allSettled(
      entriesOf(9).map(([key, value]) => ledger.put(key, value)),
    );
    expect(refused.map(({ status }) => status)).toEqual(new Array(9).fill('rejected'));
    faults.heal();
    await checkLedger(ledger, entries);
    expect(await errorOf(() => unique.put('b', { id: 1 }))).toMatchObject({ code: 'UNIQUE' });
    await unique.put('c', { id: 2 });
    const run = (): Promise<void | undefined> =>
      db.transaction((tx) => tx.in(ledger).put('once', '1'), { commitId: 'id' });
    await run();
    await run(); // it is known
    entries.push(['once', '1']);
    await checkLedger(ledger, entries);
    const large = entriesOf(200, 100).map(([key]): TextEntry => [key, key.repeat(400)]);
    await Promise.all(large.map(([key, value]) => ledger.put(key, value))); // more than a memtable
    await checkLedger(ledger, [...entries, ...large], [rootOf(entries)]);
    expect((await db.verify()).problems).toEqual([]);
  });

  it('is read by another thread, which appends to it as well', async () => {
    const db = closeLater(await open(makeDirectory(), { ...TEXT, background: 'inline' }));
    const ledger = await db.keyspace('ledger', LEDGER);
    await ledger.put('a', '1');
    const beside = closeLater(await attach<'utf8', 'utf8'>(db.share(), TEXT));
    const there = await beside.keyspace('ledger', LEDGER);
    await there.put('b', '2');
    await there.update('c', () => '3');
    const entries: TextEntry[] = [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ];
    await checkLedger(there, entries);
    await checkLedger(ledger, entries);
  });

  it('shows neither its tree in a stream of changes, nor a watch of it', async () => {
    const db = await openMemory();
    const ledger = await db.keyspace('ledger', LEDGER);
    const changes = db.changes({ since: 0 });
    await putAll(ledger, entriesOf(3));
    const shown: string[] = [];
    for await (const { operations } of changes) {
      shown.push(...operations.map(({ keyspace, type }) => `${keyspace} ${type}`));
      if (shown.length >= 3) break;
    }
    expect(shown).toEqual(['ledger put', 'ledger put', 'ledger put']);
  });
});

const NO_ENCODINGS = { key: undefined, value: undefined };

type Raw = Database;
type Damage = (raw: Raw, records: readonly (readonly [Uint8Array, Uint8Array])[]) => Promise<void>;

/** A database with two ledgers, closed; the first has the numbers ENTRIES and TREE. */
async function makePatient(entries: readonly TextEntry[]): Promise<CrashVfs> {
  const disk = new CrashVfs();
  const db = await open(DIRECTORY, { vfs: disk });
  const ledger = await db.keyspace('ledger', LEDGER);
  const other = await db.keyspace('other', LEDGER);
  await putAll(ledger, entries);
  await other.put('k', 'v');
  await db.close();
  return disk;
}

async function damage(disk: CrashVfs, hurt: Damage): Promise<void> {
  const raw = await openForRepair(DIRECTORY, { vfs: disk }, NO_ENCODINGS);
  const records = (await raw.entries().all()).filter(([key]) =>
    isInRange(keyspaceRange(TREE), key),
  );
  await hurt(raw, records);
  await raw.close();
}

async function problemsOf(disk: CrashVfs): Promise<readonly string[]> {
  const db = await open(DIRECTORY, { vfs: disk });
  const { problems, isSound } = await db.verify();
  expect(isSound).toBe(problems.length === 0);
  await db.close();
  return problems.map(({ message }) => message);
}

interface Repaired {
  readonly entries: number;
  readonly hash: string;
  readonly notes: string;
}

async function repaired(disk: CrashVfs): Promise<Repaired> {
  const report = await repair(DIRECTORY, '/repaired', { vfs: disk });
  const db = await open('/repaired', { vfs: disk });
  const ledger = await db.keyspace('ledger', LEDGER);
  expect((await db.verify()).problems).toEqual([]);
  const { size, hash } = await ledger.root();
  await ledger.put('more', '1'); // it goes on
  expect((await db.verify()).problems).toEqual([]);
  await db.close();
  return { entries: size, hash, notes: report.notes.join('\n') };
}

describe('verify and repair', () => {
  const entries = entriesOf(11);
  const changed = (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice();
    copy[0]! ^= 1; // it has a byte
    return copy;
  };
  const entryKey = (i: number): Uint8Array =>
    Buffer.concat([Uint8Array.of(ENTRIES), Buffer.from(entries[i]![0])]);

  it('find each record of a tree that is changed or gone, and make it anew; where its order is known with the same root', async () => {
    const patient = await makePatient(entries);
    expect(await problemsOf(patient.kill())).toEqual([]);
    let count = 0;
    await damage(patient.kill(), (_, records) => Promise.resolve(void (count = records.length)));
    expect(count).toBe(1 + 11 + 11 + 5 + 2 + 1);
    for (let i = 0; i < count; i++) {
      const isWhole = extentOf('VARVE_LEDGER_CUTS') === 'all';
      for (const isGone of isWhole ? [false, true] : [i % 2 === 0]) {
        const disk = patient.kill();
        let isLeaf = false;
        await damage(disk, async (raw, records) => {
          const [key, value] = records[i]!; // below the count
          isLeaf = key[1] === 2 && key[2] === 0;
          if (isGone) await raw.del(key);
          else await raw.put(key, changed(value));
        });
        expect((await problemsOf(disk)).length, `record ${i}`).toBeGreaterThan(0);
        if (!isWhole && i % 6 !== 1) continue;
        const { entries: size, hash, notes } = await repaired(disk);
        expect(size).toBe(11);
        if (!isLeaf || !isGone) expect(hash).toBe(rootOf(entries).hash);
        expect(notes).toContain('Merkle tree was built anew');
      }
    }
  });

  it('leave a ledger that is sound as it is', async () => {
    const disk = await makePatient(entries);
    const { hash, notes } = await repaired(disk);
    expect(hash).toBe(rootOf(entries).hash);
    expect(notes).toBe('');
  });

  // Canaries: a rule that a batch gets past, and a tree one entry behind. The check must see both.
  it.each<[string, Damage, number, string]>([
    ['an entry that was changed', (raw) => raw.put(entryKey(4), Buffer.from('forged')), 11, ''],
    ['an entry that was removed', (raw) => raw.del(entryKey(4)), 10, 'lost=1'],
    [
      'an entry that is not in the tree',
      (raw) =>
        raw.put(Buffer.concat([Uint8Array.of(ENTRIES), Buffer.from('new')]), Buffer.from('1')),
      12,
      'unplaced=1',
    ],
    [
      'a tree that is one entry behind',
      async (raw, records) => {
        const [key, value] = records[0]!; // the head
        expect([...key]).toEqual([TREE, 0]);
        await raw.put(
          key,
          Buffer.concat([Uint8Array.of(10), value.subarray(1, 8), value.subarray(8, 72)]),
        );
      },
      11,
      '',
    ],
  ])('find %s', async (_, hurt, count, note) => {
    const disk = await makePatient(entries);
    await damage(disk, hurt);
    expect((await problemsOf(disk)).length).toBeGreaterThan(0);
    const { entries: size, notes } = await repaired(disk);
    expect(size).toBe(count);
    expect(notes).toContain(note);
  });

  it('and an auditor who kept a root finds an entry that was changed, though the tree was made to fit', async () => {
    const disk = await makePatient(entries);
    const kept = rootOf(entries, 7);
    const old = await (async () => {
      const db = await open(DIRECTORY, { vfs: disk });
      const proof = await (await db.keyspace('ledger', LEDGER)).prove(entries[4]![0]);
      await db.close();
      return proof;
    })();
    await damage(disk, (raw) => raw.put(entryKey(4), Buffer.from('forged')));
    await repair(DIRECTORY, '/forged', { vfs: disk }); // as one who owns the disk would
    const db = closeLater(await open('/forged', { vfs: disk }));
    const ledger = await db.keyspace('ledger', LEDGER);
    expect((await db.verify()).problems).toEqual([]);
    expect(await errorOf(() => ledger.proveExtension(kept))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    const forged = await ledger.prove(entries[4]![0]);
    expect(() => verifyProof(forged, old!.root)).toThrow('another root');
    expect(verifyProof(old, rootOf(entries)).index).toBe(4);
  });

  it('reads of a damaged tree end in CorruptionError, not in a false proof (ledgers/checked-before-given)', async () => {
    const disk = await makePatient(entries);
    await damage(disk, async (raw, records) => {
      for (const [key, value] of records) {
        if (key[1] === 2)
          await raw.put(key, Buffer.concat([changed(value.subarray(0, 32)), value.subarray(32)]));
      }
    });
    const db = closeLater(await open(DIRECTORY, { vfs: disk }));
    const ledger = await db.keyspace('ledger', LEDGER);
    expect(await errorOf(() => ledger.prove(entries[3]![0]))).toMatchObject({ code: 'CORRUPTION' });
    expect(await errorOf(() => ledger.proveExtension(rootOf(entries, 6)))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
