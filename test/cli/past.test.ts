/**
 * `--at`: the commands that read show a state of the past, by a time and by the sequence of a commit.
 *
 * The database is written by a clock of 2023, so that the moments are known; the command reads by the clock of today.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellSession } from '../../src/cli/shell/shell-session.ts';
import { runStatement } from '../../src/cli/shell/statements.ts';
import { readStatement } from '../../src/cli/shell/words.ts';
import { open } from '../../src/index.ts';
import { UsageError } from '../../src/programs/outcome.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { caught, mustVarveHere, parseLines, varveHere } from './run-varve.ts';

const TEN_YEARS_MS = 315_360_000_000;
const DAY_MS = 86_400_000;
const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

const folder = mkdtempSync(join(tmpdir(), 'varve-past-test-'));
const directory = join(folder, 'bank');
/** Between the first commits and the second ones. */
let monday = '';
let sequence = '';

async function openBank(clock: ManualClock) {
  const options = { ...TEXT, versionRetentionMs: TEN_YEARS_MS, environment: { clock } };
  const db = await open<string, number>(directory, options);
  const places = await db.keyspace('places', { ...TEXT, indexes: { byCity: { on: ['city'] } } });
  return { db, places };
}

beforeAll(async () => {
  const clock = new ManualClock();
  const { db, places } = await openBank(clock);
  clock.advance(DAY_MS);
  await db.batch([
    { type: 'put', key: 'alice', value: 100 },
    { type: 'put', key: 'bob', value: 0, ttlMs: 2 * DAY_MS },
    { type: 'put', in: places, key: 'hut', value: { city: 'Graz' } },
  ]);
  monday = new Date(clock.wallMs()).toISOString();
  sequence = String(db.stats().sequence.published);
  clock.advance(DAY_MS);
  await db.put('alice', 70);
  await places.put('hut', { city: 'Linz' });
  await db.compact();
  await db.put('carol', 30);
  await db.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('--at', () => {
  it('get, scan and count read as of a time and as of a sequence', async () => {
    for (const at of [monday, sequence]) {
      expect(await mustVarveHere(['get', directory, 'alice', '--at', at])).toBe('100\n');
      const absent = await varveHere(['get', directory, 'carol', '--at', at]);
      expect(absent).toMatchObject({ status: 1, stdout: '' });
      expect(await mustVarveHere(['scan', directory, '--at', at])).toBe('alice\t100\nbob\t0\n');
      expect(await mustVarveHere(['scan', directory, '--keys', '--at', at])).toBe('alice\nbob\n');
      expect(await mustVarveHere(['count', directory, '--at', at])).toBe('2\n');
      const bounded = ['count', directory, '--at', at, '--prefix', 'al', '--json'];
      expect(JSON.parse(await mustVarveHere(bounded))).toEqual({ count: 1 });
      const places = ['scan', directory, '--keyspace', 'places', '--at', at, '--json'];
      expect(parseLines(await mustVarveHere(places))).toEqual([
        { key: 'hut', value: { city: 'Graz' } },
      ]);
    }
    expect(await mustVarveHere(['scan', directory])).toBe('alice\t70\ncarol\t30\n');
    expect(await mustVarveHere(['count', directory, '--gt', 'alice'])).toBe('1\n');
    expect(await mustVarveHere(['count', directory, '--gt', 'x'])).toBe('0\n');
  });

  it('an export has the entries and the sequence of then, and an import of it is equal', async () => {
    const file = join(folder, 'monday.jsonl');
    await mustVarveHere(['export', directory, '--at', monday, '--output', file]);
    const lines = parseLines(readFileSync(file, 'utf8'));
    expect(lines[0]).toMatchObject({ sequence: Number(sequence) });
    expect(lines).toContainEqual({ key: 'alice', value: 100 });
    expect(lines).toContainEqual({ key: 'hut', value: { city: 'Graz' } });
    expect(lines).toContainEqual(expect.objectContaining({ key: 'bob', value: 0 }));
    const copy = join(folder, 'copy');
    await mustVarveHere(['import', copy, file]);
    expect(await mustVarveHere(['scan', copy])).toBe('alice\t100\n'); // bob has expired since
  });

  it('an export of then goes on where it was stopped, though the database was written to since', async () => {
    const file = join(folder, 'again.jsonl');
    const whole = join(folder, 'whole.jsonl');
    const args = ['export', directory, '--at', sequence, '--json', '--output'];
    await mustVarveHere([...args, whole]);
    const lines = readFileSync(whole, 'utf8').split('\n');
    writeFileSync(`${file}.partial`, `${lines.slice(0, 3).join('\n')}\n`);
    await mustVarveHere(['put', directory, 'dora', '1']);
    const report: unknown = JSON.parse(await mustVarveHere([...args, file]));
    expect(report).toMatchObject({ isResumed: true, sequence: Number(sequence) });
    expect(readFileSync(file, 'utf8')).toBe(lines.join('\n'));
  });

  it('what is not kept any more is refused by name, and so is the future', async () => {
    for (const name of ['scan', 'count', 'export']) {
      const gone = await varveHere([name, directory, '--at', '2001-01-01']);
      expect(gone).toMatchObject({ status: 3, stdout: '' });
      expect(gone.stderr).toMatch(
        /HISTORY_GONE.*Old versions are gone: at=2001-01-01T00:00:00.000Z/,
      );
    }
    const future = await varveHere(['get', directory, 'alice', '--at', '9999999']);
    expect(future).toMatchObject({ status: 3, stdout: '' });
    expect(future.stderr).toContain('Sequence is in the future: at=9999999');
    const plain = join(folder, 'plain');
    await mustVarveHere(['put', plain, 'a', '1']);
    await mustVarveHere(['put', plain, 'a', '2']);
    const off = await varveHere(['get', plain, 'a', '--at', '1']);
    expect(off.stderr).toMatch(/HISTORY_GONE.*open the database with versionRetentionMs/);
    const wrong = await varveHere(['get', directory, 'alice', '--at', 'yesterday']);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toContain('It must be a sequence, or a time such as');
  });
});

describe('--at in the shell', () => {
  it('goes with get, scan, count and by, outside of a transaction alone', async () => {
    const db = await open(directory, { readOnly: true });
    const session = await ShellSession.begin(db);
    const context = { session, isJson: false, signal: new AbortController().signal };
    const run = (text: string) => runStatement(context, readStatement(text).words);
    const print = async (text: string) => (await caught(() => run(text))).stdout.toString('utf8');
    expect(await print(`get alice --at ${sequence}`)).toBe('100\n');
    expect(await print(`scan --at ${monday}`)).toBe('alice\t100\nbob\t0\n');
    expect(await print(`count --at ${monday}`)).toBe('2\n');
    await run('use places');
    expect(await print('by byCity --at 2023-11-16T22:14:00Z')).toBe(
      '["Linz"]\thut\t{"city":"Linz"}\n',
    );
    expect(await print(`by byCity ["Graz"] --at ${sequence}`)).toBe(
      '["Graz"]\thut\t{"city":"Graz"}\n',
    );
    await expect(run('count --at soon')).rejects.toThrow(
      'Option --at must be a sequence, or a time',
    );
    session.beginTransaction();
    await expect(run(`count --at ${monday}`)).rejects.toThrow(UsageError);
    session.rollback();
    await db.close();
  });
});
