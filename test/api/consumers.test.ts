/** Named consumers: their place, exactly once, logs that stay for them, and their end. */
import { describe, expect, it } from 'vitest';
import {
  type Consumer,
  ConsumerMovedError,
  CorruptionError,
  type Database,
  HistoryGoneError,
  IncompatibleFormatError,
  InvalidArgumentError,
  MemoryVfs,
  ReadOnlyError,
} from '../../src/index.ts';
import { decodeConsumer } from '../../src/engine/history/consumer-places.ts';
import { hexExample } from '../support/doc-hex.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openMemory } from './fixture.ts';

type Texts = Database<string, string>;

const MIB = 1024 * 1024;
const HISTORY = { keepMs: 1000, keepBytes: MIB } as const;

async function shownBy(consumer: Consumer): Promise<string[]> {
  const shown: string[] = [];
  for await (const { operations } of consumer.changes({ follow: false })) {
    shown.push(
      operations
        .map(({ type, ...rest }) => `${type} ${'key' in rest ? String(rest.key) : ''}`)
        .join(),
    );
  }
  return shown;
}

/** Fills so many logs of about half a mebibyte. */
async function fillLogs(db: Texts, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await db.put(`fill ${i}`, 'x'.repeat(MIB / 2));
    await db.flush();
  }
}

describe('a named consumer', () => {
  it('goes on from the place that it has acknowledged, in every process (consumer/never-back)', async () => {
    const vfs = new MemoryVfs();
    let db = await openMemory({ vfs, history: {} });
    await db.put('a', '1');
    let consumer = await db.consumer('mails', { since: 0 });
    await db.batch([
      { type: 'put', key: 'b', value: '2' },
      { type: 'del', key: 'a' },
    ]);
    expect(await shownBy(consumer)).toEqual(['put a', 'put b,del a']);
    expect(await shownBy(consumer)).toEqual(['put a', 'put b,del a']); // nothing was acknowledged
    await consumer.ack(1);
    await consumer.ack(0); // it never goes back
    expect(await consumer.place()).toBe(1);
    expect(await shownBy(consumer)).toEqual(['put b,del a']);
    await db.close();

    db = await openMemory({ vfs });
    consumer = await db.consumer('mails', { since: 0 });
    expect(await shownBy(consumer)).toEqual(['put b,del a']);
    await db.transaction((tx) => {
      tx.put('sent', 'b');
      consumer.ackIn(tx, 4);
    });
    expect(await shownBy(consumer)).toEqual(['put sent']);
    const late = await db.consumer('late');
    expect(await shownBy(late)).toEqual([]);
    await db.close();
  });

  it('has each effect once, however many readers have its name (consumer/exactly-once)', async () => {
    const db = await openMemory({ history: {} });
    const first = await db.consumer('mails', { since: 0 });
    const second = await db.consumer('mails');
    await db.put('a', '1');
    const sequence = db.stats().sequence.published;
    const send = (consumer: Consumer, text: string): Promise<void> =>
      db.transaction(async (tx) => {
        await tx.get('anything');
        tx.put('sent', `${(await tx.get('sent')) ?? ''}${text}`);
        consumer.ackIn(tx, sequence);
      });
    const ends = await Promise.allSettled([send(first, 'x'), send(second, 'y'), send(first, 'z')]);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(ConsumerMovedError);
    }
    expect((await db.get('sent'))?.length).toBe(1);
    const locking = db.transaction(
      (tx) => {
        tx.put('sent', 'again');
        second.ackIn(tx, sequence);
      },
      { mode: 'pessimistic' },
    );
    await expect(locking).rejects.toThrow(/acknowledged before: consumer=mails/);
    await db.transaction((tx) => second.ackIn(tx, db.stats().sequence.published), {
      mode: 'pessimistic',
    });
    await db.close();
  });

  it('keeps logs beyond the bounds of the history, up to its own bound (log-history/consumers-first)', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock }, history: HISTORY });
    const slow = await db.consumer('slow', { holdBytes: 4 * MIB });
    await fillLogs(db, 5);
    clock.advance(10_000); // all are older than the history wants
    await fillLogs(db, 1);
    const kept = db.stats().history;
    expect(kept.sizeBytes).toBeGreaterThan(2 * MIB);
    expect(kept.consumerCount).toBe(1);
    expect(kept.consumerBehindMax).toBe(7); // with the record of its making
    const [info] = await db.consumers();
    expect(info).toMatchObject({ name: 'slow', isGone: false, holdBytes: 4 * MIB });
    expect(info?.behindBytes).toBeGreaterThan(2 * MIB);
    const shown = await shownBy(slow);
    expect(shown).toHaveLength(6);

    await slow.ack(db.stats().sequence.published);
    await fillLogs(db, 1);
    clock.advance(10_000);
    await fillLogs(db, 1);
    expect(db.stats().history.sizeBytes).toBeLessThan(2 * MIB); // that which it has not acknowledged

    await fillLogs(db, 12); // and more than it may hold
    expect(db.stats().history.sizeBytes).toBeLessThan(4.6 * MIB);
    expect((await db.consumers())[0]?.isGone).toBe(true);
    await expect(shownBy(slow)).rejects.toThrow(HistoryGoneError);

    await db.dropConsumer('slow');
    clock.advance(10_000);
    await fillLogs(db, 1);
    await db.put('end', '');
    await db.flush();
    expect(db.stats().history.sizeBytes).toBeLessThan(1.1 * MIB);
    expect(await db.consumers()).toEqual([]);
    await db.close();
  });

  it('holds its logs from the first moment of an open on', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openMemory({ vfs, environment: { clock }, history: HISTORY });
    await db.consumer('slow');
    await fillLogs(db, 4);
    await db.close();
    clock.advance(10_000);
    db = await openMemory({ vfs, environment: { clock }, history: { keepMs: 1 } });
    const slow = await db.consumer('slow');
    expect(await shownBy(slow)).toHaveLength(4);
    await db.close();
  });

  it('is refused what makes no sense', async () => {
    const vfs = new MemoryVfs();
    let db = await openMemory({ vfs });
    await expect(db.consumer('mails')).rejects.toThrow(/option history/);
    await expect(db.dropConsumer('mails')).rejects.toThrow(InvalidArgumentError);
    await db.close();
    db = await openMemory({ vfs, history: {} });
    for (const name of ['', 5, 'x'.repeat(201)]) {
      await expect(db.consumer(name as string)).rejects.toThrow(/Name of a consumer/);
    }
    for (const options of [{ since: 9 }, { since: -1 }, { holdBytes: -1 }, { from: 1 }]) {
      await expect(db.consumer('mails', options)).rejects.toThrow(InvalidArgumentError);
    }
    const consumer = await db.consumer('mails');
    await expect(consumer.ack(99)).rejects.toThrow(/future/);
    expect(() => consumer.changes({ since: 0 } as never)).toThrow(/begins at its place/);
    await expect(db.consumer('mails', { holdBytes: 5 })).resolves.toBeDefined();
    expect((await db.consumers())[0]?.holdBytes).toBe(5);
    const reader = await openMemory({ vfs, readOnly: true });
    expect(await reader.consumers()).toHaveLength(1);
    expect(await shownBy(await reader.consumer('mails'))).toEqual([]);
    await expect(reader.consumer('other')).rejects.toThrow(ReadOnlyError);
    await expect(reader.dropConsumer('mails')).rejects.toThrow(ReadOnlyError);
    await reader.close();
    await db.dropConsumer('mails');
    await expect(consumer.place()).rejects.toThrow(/no consumer of this name/);
    await expect(consumer.ack(0)).rejects.toThrow(InvalidArgumentError);
    expect(() => consumer.changes()).toThrow(InvalidArgumentError);
    await db.close();
  });
});

describe('the record of a consumer', () => {
  it('is as docs/formats/keyspace.md says, and anything else is refused (consumer-places/unknown-refused)', () => {
    const example = Buffer.from(hexExample('keyspace.md', 'consumer'));
    expect(example.subarray(0, 3).toString('hex')).toBe('00056d');
    expect(decodeConsumer(example.subarray(3))).toEqual({ sequence: 12, holdBytes: 1024 });
    const decoded = (text: string): unknown => decodeConsumer(Buffer.from(text));
    expect(() => decoded('{"sequence":1,"holdBytes":1,"x":1}')).toThrow(IncompatibleFormatError);
    for (const bad of ['', 'null', '{}', '{"sequence":-1,"holdBytes":1}', '{"sequence":1}', '5']) {
      expect(() => decoded(bad), bad).toThrow(CorruptionError);
    }
  });
});
