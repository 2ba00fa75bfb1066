/** A real process with few descriptors: scans, flushes, compactions, and a time with none at all. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { makeDirectory } from './fixture.ts';

const LIBRARY = new URL('../../dist/index.js', import.meta.url);

/** What the program prints, one JSON object a line. */
function runWith(descriptorCount: number, program: string): unknown[] {
  const text = `
    import { open } from ${JSON.stringify(LIBRARY.href)};
    import fs from 'node:fs';
    const directory = ${JSON.stringify(makeDirectory())};
    const text = { keyEncoding: 'utf8', valueEncoding: 'utf8' };
    const say = (what) => console.log(JSON.stringify(what));
    ${program}`;
  const args = [
    '-c',
    `ulimit -n ${descriptorCount}; exec "$0" --input-type=module -e "$1"`,
    process.execPath,
    text,
  ];
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe.runIf(process.platform === 'linux')('a process with few descriptors', () => {
  it('scans, gets and compacts four times as many tables of level 0 as have a descriptor', () => {
    const [found] = runWith(
      64,
      `const db = await open(directory, { ...text, level0CompactionTrigger: 64,
         level0SlowdownTrigger: 900, level0StopTrigger: 1000, background: 'inline' });
       const keys = [];
       for (let i = 0; i < 63; i++) {
         const key = 'k' + String(i).padStart(4, '0');
         keys.push(key);
         await db.ingest([['a' + key, 'x'], ['b' + key, 'x']]);
       }
       const { tables, shared } = db.stats();
       const rows = await db.entries().all();
       const scan = db.entries();
       const first = await scan.nextMany(10);
       const values = await Promise.all(keys.map((key) => db.get('a' + key)));
       const rest = await scan.all();
       await scan.close();
       await db.compact();
       const after = await db.keys().all();
       say({ level0: db.stats().levels[0].tableCount === 0, tables: tables.count, bounded: shared.descriptorCountMax, rows: rows.length,
         scanned: first.length + rest.length, values: values.filter((value) => value === 'x').length,
         after: after.length, failure: db.stats().failure ?? null });
       await db.close();`,
    );
    expect(found).toEqual({
      level0: true,
      tables: 63,
      bounded: 16,
      rows: 126,
      scanned: 126,
      values: 63,
      after: 126,
      failure: null,
    });
  });

  it('goes on when there is none for a while: nothing is lost, nothing stops for good', () => {
    const [found] = runWith(
      120,
      `const names = new Set();
       const db = await open(directory, { ...text, memtableSizeBytes: 262144,
         onEvent: (name) => names.add(name) });
       const expected = new Map();
       const outcomes = new Map();
       const put = async (key) => {
         try {
           await db.put(key, 'x'.repeat(2000));
           expected.set(key, 'x'.repeat(2000));
         } catch (error) {
           outcomes.set(error.code + ' ' + error.outcome, error.systemCode);
         }
       };
       for (let i = 0; i < 50; i++) await put('k' + i);
       const taken = [];
       try { for (;;) taken.push(fs.openSync('/dev/null')); } catch {}
       const puts = [];
       for (let i = 50; i < 900; i++) puts.push(put('k' + i));
       while (!names.has('background-retry') && !names.has('stalled')) await new Promise(setImmediate);
       for (const descriptor of taken) fs.closeSync(descriptor);
       await Promise.all(puts);
       await put('after');
       await db.flush();
       await db.compact();
       const rows = await db.entries().all();
       await db.close();
       const again = await open(directory, text);
       const whole = (await again.entries().all()).length === expected.size;
       const { isSound } = await again.verify();
       await again.close();
       say({ failed: names.has('failed'), refused: [...outcomes], after: expected.has('after'),
         rows: rows.length === expected.size, whole, isSound });`,
    );
    expect(found).toEqual({
      failed: false,
      refused: [],
      after: true,
      rows: true,
      whole: true,
      isSound: true,
    });
  });

  it('opens a hundred databases, writes, flushes and reads them all', () => {
    const [found] = runWith(
      1200,
      `const dbs = [];
       for (let i = 0; i < 100; i++) {
         const db = await open(directory + '/' + i, text);
         await db.put('key', 'value ' + i, { durability: 'os' });
         dbs.push(db);
       }
       await Promise.all(dbs.map((db) => db.flush()));
       const values = await Promise.all(dbs.map((db) => db.get('key')));
       const { workerCount } = dbs[0].stats().shared;
       await Promise.all(dbs.map((db) => db.close()));
       say({ right: values.filter((value, i) => value === 'value ' + i).length,
         few: workerCount >= 1 && workerCount <= 4 });`,
    );
    expect(found).toEqual({ right: 100, few: true });
  });
});
