/** Waiting keeps a process alive, and nothing else of the engine does: one process for each wait there is. */
import { describe, expect, it } from 'vitest';
import { run } from './programs.ts';

/** Each prints `end` after its wait; without a hold on the process it ends before, with status 0. */
const WAITS: Readonly<Record<string, string>> = {
  'a put, for a lock of its own transaction': `
    const db = await open(directory, text);
    await db.transaction(async (tx) => {
      await tx.lock('a');
      say(await codeOf(db.put('a', '1')));
    }, { mode: 'pessimistic', lockTimeoutMs: 300 }).catch((error) => say(error.code));
    const tx = db.begin({ mode: 'pessimistic' });
    await tx.lock('b');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300).unref();
    say(await codeOf(db.batch([{ type: 'put', key: 'b', value: '1' }], { signal: controller.signal })));`,
  'lock(), getForUpdate() and lockRange(), for a lock that nobody gives back': `
    const db = await open(directory, text);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lockRange({ gte: 'a', lt: 'c' });
    for (const wait of [(tx) => tx.lock('a'), (tx) => tx.getForUpdate('b'), (tx) => tx.lockRange({ gte: 'b', lt: 'd' })]) {
      const tx = db.begin({ mode: 'pessimistic', lockTimeoutMs: 200 });
      say(await codeOf(wait(tx)));
      tx.rollback();
    }`,
  'a lock, until a timer of the program gives it back': `
    const db = await open(directory, text);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('a');
    setTimeout(() => holder.rollback(), 300).unref();
    await db.put('a', '1');
    say(db.getSync('a'));`,
  'ingest(), for a lock in its range': `
    const db = await open(directory, text);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('a');
    setTimeout(() => holder.rollback(), 300).unref();
    say((await db.ingest([['a', '1'], ['b', '2']])).entryCount);`,
  'ingest(), for a source that takes its time': `
    const db = await open(directory, text);
    async function* source() {
      await new Promise((resolve) => setTimeout(resolve, 200).unref());
      yield ['a', '1'];
    }
    say((await db.ingest(source())).entryCount);`,
  'a retry, for the lane that its own parent holds': `
    const db = await open(directory, text);
    const loseOnce = (key, inside) => {
      let count = 0;
      return db.transaction(async (tx) => {
        await tx.get(key);
        if (count++ === 0) await db.put(key, 'first');
        else await inside?.();
        tx.put(key, 'second');
      });
    };
    await loseOnce('a', () => loseOnce('b'));
    say(db.getSync('b'));`,
  'the body of a transaction, for a timer that keeps no process': `
    const db = await open(directory, text);
    await db.transaction(async (tx) => {
      await new Promise((resolve) => setTimeout(resolve, 200).unref());
      tx.put('a', '1');
    });
    say(db.getSync('a'));`,
  'a slowed commit, for its time': `
    const db = await open(directory, { ...tiny, level0CompactionTrigger: 2, level0SlowdownTrigger: 3, level0StopTrigger: 1000, scrubBytesPerSecond: 0 });
    const holdBack = [db.snapshot()];
    for (let i = 0; i < 400; i++) await db.put('k' + i, value, quiet);
    say(db.stats().commits.count);`,
  'commits that stall until the worker has flushed and compacted': `
    const db = await open(directory, { ...tiny, immutableMemtableCountMax: 1, level0CompactionTrigger: 2, level0SlowdownTrigger: 3, level0StopTrigger: 4 });
    for (let i = 0; i < 600; i++) await db.put('k' + i, value, quiet);
    say(db.stats().commits.count > 0);`,
  'commits that stall inline': `
    const db = await open(directory, { ...tiny, background: 'inline', immutableMemtableCountMax: 1, level0CompactionTrigger: 2, level0SlowdownTrigger: 3, level0StopTrigger: 4 });
    for (let i = 0; i < 300; i++) await db.put('k' + i, value, quiet);
    say(db.stats().commits.count > 0);`,
  'commits that a bulk load holds back': `
    const db = await open(directory, tiny);
    await db.put('a', '1');
    const load = db.ingest(Array.from({ length: 2000 }, (_, i) => ['k' + String(i).padStart(6, '0'), value]));
    const puts = Array.from({ length: 50 }, (_, i) => db.put('p' + i, '1'));
    await Promise.all([load, ...puts]);
    say(db.getSync('p49'));`,
  'flush() and compact(), for the worker': `
    const db = await open(directory, tiny);
    for (let i = 0; i < 20; i++) await db.put('k' + i, value, quiet);
    await db.flush();
    say('flushed');
    for (let i = 0; i < 20; i++) await db.put('k' + i, value, quiet);
    await db.compact();`,
  'flush(), for the next try after a full disk': `
    const vfs = new FullDisk();
    const db = await open('/db', { ...tiny, vfs });
    await db.put('a', '1', quiet);
    vfs.isFull = true;
    say(await codeOf(db.flush()));
    vfs.isFull = false;
    say(await codeOf(db.flush()));
    vfs.isFull = true;
    await db.put('b', '1', quiet);
    say(await codeOf(db.compact()));
    vfs.isFull = false;
    say(await codeOf(db.compact()));`,
  'commits, for the next try after a full disk': `
    const vfs = new FullDisk();
    const db = await open('/db', { ...tiny, vfs, immutableMemtableCountMax: 1 });
    vfs.isFull = true;
    let code = 'resolved';
    for (let i = 0; code === 'resolved'; i++) code = await codeOf(db.put('k' + i, value, quiet));
    say(code);
    vfs.isFull = false;
    await db.put('a', value, quiet);`,
  'checkpoint() and verify()': `
    const db = await open(directory, tiny);
    for (let i = 0; i < 100; i++) await db.put('k' + i, value, quiet);
    await db.checkpoint(directory + '/copy');
    say((await db.verify()).isSound);
    await db.close();`,
  'close(), for the worker, twice': `
    const db = await open(directory, tiny);
    for (let i = 0; i < 100; i++) await db.put('k' + i, value, quiet);
    void db.flush().catch(() => undefined);
    await Promise.all([db.close(), db.close()]);`,
  'close() amid waits, which all settle': `
    const db = await open(directory, text);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('a');
    const put = codeOf(db.put('a', '1'));
    const inside = codeOf(db.transaction(async () => new Promise((resolve) => setTimeout(resolve, 200).unref())));
    await db.close();
    say(await put);
    say(await inside);`,
  'scans, for blocks from the disk': `
    let db = await open(directory, tiny);
    for (let i = 0; i < 100; i++) await db.put('k' + i, value, quiet);
    await db.flush();
    await db.close();
    db = await open(directory, { ...tiny, blockCacheSizeBytes: 0 });
    let count = 0;
    for await (const _ of db.keys()) count++;
    const scan = db.entries({ reverse: true });
    count += (await scan.nextMany(1000)).length;
    count += (await db.getMany(['k1', 'k2'])).length;
    await db.get('k5');
    say(count);`,
  'commits and ids, each kind': `
    const db = await open(directory, text);
    await db.put('a', '1');
    await db.del('a');
    await db.delRange({ gte: 'a', lt: 'b' });
    await db.batch([{ type: 'put', key: 'a', value: '1' }]);
    await db.transaction((tx) => tx.put('b', '1'), { commitId: 'id' });
    const tx = db.begin();
    tx.put('c', '1');
    await db.commit(tx);
    say(await db.hasCommitted('id'));`,
};

/** Each prints `end` as its last step, and leaves the database open. */
const IDLE: Readonly<Record<string, string>> = {
  'a database that was only opened': 'await open(directory, text);',
  'the watch for old pins, a snapshot, a transaction and a scan that are open': `
    const db = await open(directory, { ...text, pinWarningMs: 3600_000 });
    await db.put('a', '1');
    globalThis.kept = [db.snapshot(), db.begin(), db.keys()];
    await globalThis.kept[2].nextMany(1);`,
  'a worker that has run a job': `
    const db = await open(directory, tiny);
    await db.put('a', '1');
    await db.flush();`,
  'a worker in the middle of compactions': `
    const db = await open(directory, { ...tiny, level0CompactionTrigger: 2 });
    for (let i = 0; i < 400; i++) await db.put('k' + i, value, quiet);`,
  'inline work in the middle of a compaction': `
    const db = await open(directory, { ...tiny, background: 'inline', level0CompactionTrigger: 2 });
    for (let i = 0; i < 200; i++) await db.put('k' + i, value, quiet);`,
  'the scrub, between its blocks and between its passes': `
    const db = await open(directory, { ...tiny, scrubBytesPerSecond: 1000 });
    for (let i = 0; i < 100; i++) await db.put('k' + i, value, quiet);
    await db.flush();`,
  'a lock that is held, and one that was waited for': `
    const db = await open(directory, text);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('a');
    const waiting = db.begin({ mode: 'pessimistic', lockTimeoutMs: 3_600_000 });
    const controller = new AbortController();
    const wait = codeOf(db.put('a', '1', { signal: controller.signal }));
    controller.abort();
    say(await wait);
    const second = codeOf(waiting.lock('a'));
    waiting.rollback();
    say(await second);`,
  'the next try after a full disk': `
    const vfs = new FullDisk();
    const db = await open('/db', { ...tiny, vfs });
    await db.put('a', '1', quiet);
    vfs.isFull = true;
    say(await codeOf(db.flush()));`,
  'a lane that was waited for': `
    const db = await open(directory, text);
    const add = () => db.transaction(async (tx) => tx.put('n', String(Number((await tx.get('n')) ?? 0) + 1)));
    await Promise.all(Array.from({ length: 20 }, add));`,
};

describe('a process lives while a call waits (liveness/waiting-holds):', () => {
  it.concurrent.each(Object.entries(WAITS))('%s', async (_, body) => {
    const ended = await run(`${body}\nsay('end');`);
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
    expect(ended.lines.at(-1), ended.lines.join()).toBe('end');
  });
});

describe('nothing of the engine keeps a process (liveness/idle-lets-go):', () => {
  it.concurrent.each(Object.entries(IDLE))('%s', async (_, body) => {
    const ended = await run(
      `${body}\nconst endMs = performance.now();
       process.on('exit', () => say('ended after ' + (performance.now() - endMs).toFixed(0)));`,
    );
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
    expect(ended.lines.at(-1)).toMatch(/^ended after/);
  });
});
