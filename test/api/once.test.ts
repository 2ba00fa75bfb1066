/** `once`: listeners of one event, and calls that wait for one; and `using` of all that has a lifetime. */
import { describe, expect, it } from 'vitest';
import { AbortedError, ClosedError, InvalidArgumentError } from '../../src/base/errors.ts';
import { errorOf, isSettled, openMemory, turns } from './fixture.ts';

describe('once() with a listener', () => {
  it('calls it for one event (once/at-most-once), unless off() came before', async () => {
    const db = await openMemory();
    const heard: string[] = [];
    const listener = (): void => void heard.push('one');
    const gone = (): void => void heard.push('gone');
    expect(db.once('flush-finished', listener).once('flush-finished', gone)).toBe(db);
    db.once('flush-finished', listener);
    db.off('flush-finished', gone);
    for (const key of ['a', 'b']) {
      await db.put(key, 'v');
      await db.flush();
    }
    expect(heard).toEqual(['one']);
  });

  it('may listen again from within', async () => {
    const db = await openMemory();
    let count = 0;
    const again = (): void => {
      count++;
      db.once('flush-finished', again);
    };
    db.once('flush-finished', again);
    for (const key of ['a', 'b', 'c']) {
      await db.put(key, 'v');
      await db.flush();
    }
    expect(count).toBe(3);
  });

  it('refuses names that no event has', async () => {
    const db = await openMemory();
    expect(() => db.once('flushed' as never, () => undefined)).toThrow(InvalidArgumentError);
  });
});

describe('once() without a listener', () => {
  it('resolves with the next event', async () => {
    const db = await openMemory();
    const flushed = db.once('flush-finished');
    await db.put('a', 'v');
    expect(await isSettled(flushed)).toBe(false);
    await db.flush();
    expect((await flushed).entryCount).toBe(1);
  });

  it('rejects when the database is closed first, and resolves with the event of the close (once/settles)', async () => {
    const db = await openMemory();
    const stalled = errorOf(() => db.once('stalled'));
    const closed = db.once('closed');
    await db.close();
    expect(await stalled).toBeInstanceOf(ClosedError);
    expect(await closed).toEqual({});
    expect(await errorOf(() => db.once('closed'))).toBeInstanceOf(ClosedError);
  });

  it('ends with its signal, before and amid the wait (once/settles)', async () => {
    const db = await openMemory();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = errorOf(() => db.once('stalled', { signal }));
    await turns();
    controller.abort(new Error('enough'));
    expect((await waiting).cause).toBe(signal.reason);
    expect(await errorOf(() => db.once('stalled', { signal }))).toBeInstanceOf(AbortedError);
  });

  it('refuses names that no event has, and options that there are not', async () => {
    const db = await openMemory();
    for (const call of [
      () => db.once('flushed' as never),
      () => db.once('stalled', { after: 1 } as never),
    ]) {
      expect(await errorOf(call)).toBeInstanceOf(InvalidArgumentError);
    }
  });
});

describe('using', () => {
  it('rolls back a transaction that was not committed, and leaves what was', async () => {
    const db = await openMemory();
    {
      using tx = db.begin();
      tx.put('a', '1');
    }
    {
      await using tx = db.begin({ mode: 'pessimistic' });
      await tx.lock('a');
      tx.put('b', '1');
    }
    {
      using tx = db.begin();
      tx.put('c', '1');
      await tx.commit();
    }
    expect(await db.keys().all()).toEqual(['c']);
    expect(db.stats().locks.heldKeyCount).toBe(0);
    expect(db.stats().readers.transactionCount).toBe(0);
  });

  it('ends snapshots, watches and streams of changes', async () => {
    const db = await openMemory({ history: {} });
    const heard: number[] = [];
    {
      using snapshot = db.snapshot();
      await using another = db.snapshot();
      using watch = db.watch({}, ({ sequence }) => void heard.push(sequence));
      using changes = db.changes({ since: 0, follow: false });
      expect(watch).toBeTypeOf('function');
      await db.put('a', '1');
      await turns();
      expect((await changes.next())?.operations.length).toBe(1);
      expect([snapshot.isClosed, another.isClosed]).toEqual([false, false]);
    }
    await db.put('a', '2');
    await turns();
    expect(heard.length).toBe(1);
    expect(db.stats().readers.snapshotCount).toBe(0);
  });

  it('closes a database', async () => {
    const opened = await openMemory();
    {
      await using db = opened;
      expect(db.isOpen).toBe(true);
    }
    expect(opened.isOpen).toBe(false);
  });
});
