/** Parts of varve/etcd that need no server: connection strings, ranges that are joined, keys between keys. */
import { describe, expect, it } from 'vitest';

import { type EtcdOptions, settingsOf } from '../../src/etcd/address.ts';
import { Layout } from '../../src/etcd/layout.ts';
import { mergedRanges } from '../../src/etcd/merged-ranges.ts';
import { midpoint } from '../../src/etcd/midpoint.ts';
import { open, type BackendRange } from '../../src/index.ts';
import { makeRandom } from '../support/prng.ts';

describe('a connection string', () => {
  it('names members, and a prefix', () => {
    expect(settingsOf('etcd://a,b:1,[::1]:2/orders%2Feu')).toMatchObject({
      endpoints: ['a:2379', 'b:1', '[::1]:2'],
      prefix: Buffer.from('orders/eu'),
      txnOperationCountMax: 128,
    });
    expect(settingsOf('etcd://a').prefix).toEqual(Buffer.from('varve'));
  });

  it.each([
    ['etcd://', {}],
    ['etcd://a:0', {}],
    ['etcd://user@a', {}],
    ['etcd://a/%E0%A4%A', {}],
    ['etcd://a/orders%00d', {}],
    ['etcd://a', { prefix: '' }],
    ['etcd://a', { txnOperationCountMax: 1 }],
    ['etcd://a', { clientKey: new Uint8Array(1) }],
    ['etcd://a', { nothing: 1 }],
  ])('is refused: %s %o', (location, options) => {
    expect(() => settingsOf(location, options as EtcdOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('with a login is refused, and shown to nobody', () => {
    for (const location of ['etcd://ada:secret@a:1', 'etcd://ada:secret@a:1?x=1']) {
      let message = '';
      try {
        settingsOf(location);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(/login|must be/);
      expect(message).not.toContain('secret');
    }
  });

  it('of another kind, or with options about files, is refused by name', async () => {
    await expect(open('redis://a')).rejects.toThrow('known=etcd://, foundationdb://, postgres://');
    await expect(open('etcd://a', { memtableSizeBytes: 2 ** 20 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

it('no database lies in another (etcd-layout/apart)', () => {
  const names = ['a', 'ab', 'a\u0001', 'b'];
  const layouts = names.map((name) => new Layout(Buffer.from(name)));
  for (const one of layouts) {
    for (const other of layouts) {
      if (one === other) continue;
      const key = other.dataKey(Buffer.from('k'));
      expect(key.compare(one.start) >= 0 && key.compare(one.end) < 0).toBe(false);
    }
  }
});

it('joined ranges hold all that they were made of, and are no more than they may (etcd-commit/ranges-fit)', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = makeRandom(seed);
    const ranges: BackendRange[] = Array.from({ length: 1 + random.below(30) }, () => {
      const start = Buffer.from([random.below(4), random.below(256)]);
      const isOpen = random.chance(0.05);
      return {
        start,
        end: isOpen ? undefined : Buffer.from([start[0]!, start[1]!, random.below(3)]),
      };
    });
    const countMax = 1 + random.below(10);
    const merged = mergedRanges(ranges, countMax);
    expect(merged.length, `seed=${seed}`).toBeLessThanOrEqual(countMax);
    for (const { start, end } of ranges) {
      const holds = merged.some(
        (each) =>
          Buffer.compare(each.start, start) <= 0 &&
          (each.end === undefined || (end !== undefined && Buffer.compare(end, each.end) <= 0)),
      );
      expect(holds, `seed=${seed}`).toBe(true);
    }
    for (let i = 1; i < merged.length; i++) {
      expect(
        Buffer.compare(merged[i - 1]!.end!, merged[i]!.start),
        `seed=${seed}`,
      ).toBeLessThanOrEqual(0);
    }
  }
});

it('a midpoint lies between two keys', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = makeRandom(seed);
    const [a, b] = [0, 1].map(() => Buffer.from(random.bytes(1 + random.below(9))));
    const [low, high] = a!.compare(b!) < 0 ? [a!, b!] : [b!, a!];
    const middle = midpoint(low, high);
    if (middle === undefined) continue;
    expect(middle.compare(low), `seed=${seed}`).toBeGreaterThanOrEqual(0);
    expect(middle.compare(high), `seed=${seed}`).toBeLessThan(0);
  }
  expect(midpoint(Buffer.from('a'), Buffer.from('c'))).toEqual(Buffer.from('b'));
});
