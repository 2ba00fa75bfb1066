/** Listeners cannot harm (events/harmless, events/one-delivery, events/read-only). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asError, describe as describeValue, messageOf, textOf } from '../../src/base/describe.ts';
import type { EventName } from '../../src/engine/state/events.ts';
import { HOSTILE_VALUES, rejecting } from '../support/hostile.ts';
import { filler, openMemory, TINY } from './fixture.ts';

const warnings: string[] = [];
const { emitWarning } = process;

beforeEach(() => {
  warnings.length = 0;
  process.emitWarning = (warning: string | Error) => void warnings.push(String(warning));
});

afterEach(() => {
  process.emitWarning = emitWarning;
});

const NAMES: readonly EventName[] = [
  'flush-finished',
  'compaction-finished',
  'ingest-finished',
  'closed',
];

async function runAll(listener: () => unknown): Promise<void> {
  const heard: string[] = [];
  const db = await openMemory({ ...TINY, onEvent: listener });
  for (const name of NAMES) {
    db.on(name, listener);
    db.on(name, () => heard.push(name));
  }
  for (let i = 0; i < 80; i++) await db.put(`k${i}`, filler(4000, i), { durability: 'os' });
  await db.flush();
  await db.ingest([['z', '1']]);
  await db.compact();
  await db.put('last', '1');
  expect(db.stats().failure).toBeUndefined();
  await db.close();
  expect(new Set(heard)).toEqual(new Set(NAMES));
}

describe('a listener', () => {
  it.each(Object.entries(HOSTILE_VALUES))('that throws %s becomes a warning', async (_, make) => {
    await runAll(() => {
      throw make();
    });
    expect(warnings.length).toBeGreaterThan(NAMES.length);
    expect(warnings[0]).toMatch(/^A varve listener of '[a-z-]+' threw: ./);
  });

  it.each(Object.entries(HOSTILE_VALUES))(
    'that rejects with %s becomes a warning',
    async (_, make) => {
      await runAll(() => rejecting(make()));
      expect(warnings.length).toBeGreaterThan(NAMES.length);
      expect(warnings[0]).toMatch(/^A varve listener of '[a-z-]+' rejected: ./);
    },
  );

  it.each<[string, () => unknown]>([
    ['a promise that never settles', () => new Promise(() => undefined)],
    [
      'a thenable that throws',
      () => ({
        then: () => {
          throw new Error('no');
        },
      }),
    ],
    [
      'a thenable whose then cannot be read',
      () => ({
        get then() {
          throw new Error('no');
        },
      }),
    ],
    ['a revoked proxy', HOSTILE_VALUES['a revoked proxy']!],
    ['null', () => null],
  ])('that returns %s does no harm', async (_, listener) => {
    await runAll(listener);
  });

  it('does no harm where warnings themselves throw', async () => {
    process.emitWarning = () => {
      throw new Error('no warnings here');
    };
    await runAll(() => {
      throw new Error('first');
    });
    await runAll(() => Promise.reject(new Error('late')));
  });

  it('may take itself off, add others for the next event, write, and close', async () => {
    const db = await openMemory({ ...TINY });
    const heard: string[] = [];
    const again = (): void => {
      heard.push('again');
      db.on('flush-finished', () => again()); // each adds one more, for the next event
    };
    const once = (): void => {
      heard.push('once');
      db.off('flush-finished', once);
      db.off('flush-finished', never);
    };
    const never = (): void => void heard.push('never');
    db.on('flush-finished', once).on('flush-finished', never).on('flush-finished', again);
    const inside: Promise<void>[] = [];
    db.on('flush-finished', () => void inside.push(db.put('inside', '1')));
    await db.put('a', '1');
    await db.flush();
    expect(heard).toEqual(['once', 'again']);
    db.on('flush-finished', () => void inside.push(db.close()));
    await db.put('b', '1');
    await db.flush().catch((error: Error) => expect(error).toMatchObject({ code: 'CLOSED' }));
    await Promise.all(inside);
    expect(db.isOpen).toBe(false);
  });

  it('cannot change what the engine keeps (events/read-only)', async () => {
    const db = await openMemory({
      onEvent: (_, event) => void Object.assign(event, { commitCount: 99 }),
    });
    expect(db.stats().recovery.commitCount).toBe(0);
    expect(warnings[0]).toMatch(/threw: TypeError/);
  });
});

describe('text of any value (describe/never-throws)', () => {
  it.each(Object.entries(HOSTILE_VALUES))('%s', (_, make) => {
    for (const show of [
      describeValue,
      textOf,
      messageOf,
      (value: unknown) => textOf(asError(value) instanceof Error),
    ]) {
      const text = show(make());
      expect(typeof text).toBe('string');
      expect(text.length).toBeLessThan(2100);
      expect(text).not.toBe('');
    }
  });
});

describe('a hostile value in any argument', () => {
  it.each(Object.entries(HOSTILE_VALUES))(
    'is refused or ignored, and nothing stops: %s',
    async (_, make) => {
      const db = await openMemory();
      const value = make();
      const signal = {
        addEventListener: () => undefined,
        removeEventListener: () => {
          throw value;
        },
        get reason() {
          throw value;
        },
      };
      const calls: (() => unknown)[] = [
        () => db.put(value as string, 'v'),
        () => db.put('k', value as string),
        () => db.put('k', 'v', value as object),
        () => db.batch(value as never),
        () => db.batch([value as never]),
        () =>
          db.transaction(() => {
            throw value;
          }),
        () => db.transaction(value as never),
        () => db.getMany(value as never),
        () => db.on(value as never, () => undefined),
        () => db.ingest(value as never),
        () => db.ingest([value as never]),
        () => db.verify({ signal: signal as never }),
        () => db.entries({ limit: value as number }),
      ];
      for (const call of calls) {
        try {
          await call();
        } catch {
          // What it is told is up to the value.
        }
      }
      await db.put('after', '1');
      expect(await db.get('after')).toBe('1');
      await db.close();
    },
  );
});
