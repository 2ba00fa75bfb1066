/** The codes of Level that errors of Varve get, and that nothing of them is lost on the way. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AbortedError,
  ClosedError,
  ConflictError,
  CorruptionError,
  DatabaseFailedError,
  DirectoryLostError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
  LockedError,
  LockTimeoutError,
  MemoryVfs,
  EncryptionKeyError,
  NotReadyError,
  TamperedError,
  open,
  StorageError,
} from '../../src/index.ts';
import * as library from '../../src/index.ts';
import { LevelError, VarveLevel } from '../../src/level/index.ts';
import { levelError } from '../../src/level/level-error.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varve-level-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const CODES: readonly (readonly [StorageError, string])[] = [
  [new LockedError('x'), 'LEVEL_LOCKED'],
  [new CorruptionError('x'), 'LEVEL_CORRUPTION'],
  [new IoError('x'), 'LEVEL_IO_ERROR'],
  [new DirectoryLostError('x', '/db'), 'LEVEL_IO_ERROR'],
  [new ClosedError('x'), 'LEVEL_DATABASE_NOT_OPEN'],
  [new AbortedError('x'), 'LEVEL_ABORTED'],
  [new IncompatibleFormatError('x'), 'LEVEL_NOT_SUPPORTED'],
  [new library.DecodingError('x', new Uint8Array()), 'LEVEL_DECODE_ERROR'],
  [new InvalidArgumentError('x'), 'LEVEL_INVALID_ARGUMENT'],
  [new LockTimeoutError('x'), 'LEVEL_LOCK_TIMEOUT'],
  [new ConflictError('x'), 'LEVEL_CONFLICT'],
  [new library.ConsumerMovedError('x'), 'LEVEL_CONSUMER_MOVED'],
  [
    new library.UniqueError('x', { index: 'i', values: [], keyBytes: new Uint8Array(), key: 'k' }),
    'LEVEL_UNIQUE',
  ],
  [new library.AppendOnlyError('x', { keyspace: 'k' }), 'LEVEL_APPEND_ONLY'],
  [new NotReadyError('x'), 'LEVEL_NOT_READY'],
  [new EncryptionKeyError('x'), 'LEVEL_ENCRYPTION_KEY'],
  [new TamperedError('x'), 'LEVEL_CORRUPTION'],
  [new library.HistoryGoneError('x'), 'LEVEL_HISTORY_GONE'],
  [new library.ReadOnlyError('x'), 'LEVEL_READ_ONLY'],
  [new library.StateGoneError('x'), 'LEVEL_STATE_GONE'],
  [new library.OwnerOnlyError('x'), 'LEVEL_OWNER_ONLY'],
  [new library.UnsupportedError('x'), 'LEVEL_NOT_SUPPORTED'],
  [new library.UnavailableError('x'), 'LEVEL_IO_ERROR'],
  [new library.BackupError('BACKUP_GAP', 'x'), 'LEVEL_BACKUP_GAP'],
  [new DatabaseFailedError('x', 'unknown'), 'LEVEL_IO_ERROR'],
  [
    new DatabaseFailedError('x', 'unknown', { cause: new CorruptionError('y') }),
    'LEVEL_CORRUPTION',
  ],
];

describe('an error of Varve', () => {
  it.each(CODES)(
    '%s becomes one of Level, and stays its cause (level-error/cause-kept)',
    (error, code) => {
      const told = levelError(error);
      expect(told).toBeInstanceOf(LevelError);
      expect(told).toMatchObject({ code, message: error.message });
      expect((told as LevelError).cause).toBe(error);
      expect(levelError(told)).toBe(told);
    },
  );

  it('has a code of Level, whichever class of the library it is of', () => {
    const classes = Object.values(library).filter(
      (each) => typeof each === 'function' && each.prototype instanceof StorageError,
    );
    const tried = new Set(CODES.map(([{ constructor }]) => constructor));
    expect(classes.filter((each) => !tried.has(each))).toEqual([]);
  });

  it('is known by its code alone (level-error/by-code)', () => {
    const ofAnotherCopy = Object.assign(new Error('x'), { code: 'LOCKED' });
    expect(levelError(ofAnotherCopy)).toMatchObject({ code: 'LEVEL_LOCKED', cause: ofAnotherCopy });
  });

  it('is all that is changed: other errors stay what they are', () => {
    const others = [
      new TypeError('x'),
      Object.assign(new Error('x'), { code: 'ENOENT' }),
      'x',
      null,
    ];
    for (const other of others) expect(levelError(other)).toBe(other);
    const inherited = Object.assign(new Error('x'), { code: 'toString' });
    expect(levelError(inherited)).toBe(inherited);
  });
});

describe('calls fail with codes of Level (varve-level/errors-of-level)', () => {
  it('LEVEL_LOCKED in a directory that is open', async () => {
    const first = new VarveLevel(directory);
    await first.open();
    const error = await failureOf(new VarveLevel(directory).open());
    expect(error).toMatchObject({
      code: 'LEVEL_DATABASE_NOT_OPEN',
      cause: { code: 'LEVEL_LOCKED', cause: { code: 'LOCKED', owner: { pid: process.pid } } },
    });
    await first.close();
  });

  it('LEVEL_DATABASE_NOT_OPEN when the database below was closed', async () => {
    const database = await open('/db', { vfs: new MemoryVfs() });
    const db = new VarveLevel(database);
    await db.put('a', '1');
    const iterator = db.iterator();
    await database.close();
    const closed = { code: 'LEVEL_DATABASE_NOT_OPEN', cause: { code: 'CLOSED' } };
    const calls: (() => unknown)[] = [
      () => db.get('a'),
      () => db.getSync('a'),
      () => db.getMany(['a']),
      () => db.has('a'),
      () => db.hasMany(['a']),
      () => db.put('a', '1'),
      () => db.del('a'),
      () => db.batch([{ type: 'del', key: 'a' }]),
      () => db.batch().del('a').write(),
      () => db.clear(),
      () => db.clear({ limit: 1 }),
      () => db.iterator(),
      () => db.keys(),
      () => db.values(),
      () => db.snapshot(),
      () => db.compactRange('a', 'b'),
      () => iterator.next(),
      () => iterator.nextv(1),
    ];
    for (const call of calls) {
      expect(await failureOf((async () => call())())).toMatchObject(closed);
    }
    await db.close();
  });

  it('LEVEL_CORRUPTION at a damaged block, with file and offset', async () => {
    const db = new VarveLevel(directory, { compression: false });
    for (let i = 0; i < 100; i++) await db.put(`key${i}`, 'x'.repeat(100));
    await db.compactRange('', '~');
    await db.close();
    const [table = ''] = readdirSync(directory).filter((name) => name.endsWith('.sst'));
    const bytes = readFileSync(join(directory, table));
    bytes[100]! ^= 1;
    writeFileSync(join(directory, table), bytes);
    await db.open();
    const cause = { code: 'CORRUPTION', file: join(directory, table), offset: 0 };
    const damaged = { code: 'LEVEL_CORRUPTION', cause };
    expect(await failureOf(db.get('key0'))).toMatchObject(damaged);
    expect(await failureOf(db.iterator().all())).toMatchObject(damaged);
    expect(() => db.getSync('key0')).toThrow('mismatch');
    await db.close();
  });

  it('LEVEL_IO_ERROR and LEVEL_INVALID_ARGUMENT of an open', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(await failureOf(new VarveLevel(join(file, 'db')).open())).toMatchObject({
      cause: { code: 'LEVEL_IO_ERROR', cause: { code: 'IO_ERROR' } },
    });
    const absent = new VarveLevel(join(directory, 'db'), { createIfMissing: false });
    expect(await failureOf(absent.open())).toMatchObject({
      cause: { code: 'LEVEL_INVALID_ARGUMENT' },
    });
  });

  it('those of abstract-level itself stay its own', async () => {
    const db = new VarveLevel('/db', { vfs: new MemoryVfs() });
    expect(await failureOf(db.put(null as never, ''))).toMatchObject({ code: 'LEVEL_INVALID_KEY' });
    expect(await failureOf(db.put('', null as never))).toMatchObject({
      code: 'LEVEL_INVALID_VALUE',
    });
    await db.put('a', '{');
    expect(await failureOf(db.get('a', { valueEncoding: 'json' }))).toMatchObject({
      code: 'LEVEL_DECODE_ERROR',
    });
    await db.close();
  });
});
