/** Options: defaults and bounds. Encodings: where bytes lie, and whose they are. */
import { describe, expect, it } from 'vitest';
import { codecOf, copyToView, EncodedBytes } from '../../src/api/encoding.ts';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { describe as describeValue } from '../../src/base/describe.ts';
import {
  checkSignal,
  resolveOptions,
  takeOptions,
  TUNING_OPTIONS,
} from '../../src/base/options.ts';

const KIB = 1024;

describe('resolveOptions()', () => {
  it('fills in every option, and freezes the result', () => {
    const options = resolveOptions({});
    expect(Object.keys(options).sort()).toEqual([...Object.keys(TUNING_OPTIONS), 'given'].sort());
    expect(options).toMatchObject({
      durability: 'sync',
      memtableSizeBytes: 64 * KIB * KIB,
      level0CompactionTrigger: 4,
      level1SizeBytes: 256 * KIB * KIB,
      background: 'worker',
    });
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('sizes level 1 by the memtable unless it is told', () => {
    expect(resolveOptions({ memtableSizeBytes: KIB * KIB }).level1SizeBytes).toBe(4 * KIB * KIB);
    expect(resolveOptions({ level1SizeBytes: KIB * KIB }).level1SizeBytes).toBe(KIB * KIB);
  });

  it('wants the triggers of level 0 to rise', () => {
    for (const triggers of [
      { level0CompactionTrigger: 12 },
      { level0SlowdownTrigger: 20 },
      { level0CompactionTrigger: 4, level0SlowdownTrigger: 4 },
    ]) {
      expect(() => resolveOptions(triggers)).toThrow(InvalidArgumentError);
    }
  });
});

describe('checks of options', () => {
  it('name what is unknown, and what is known instead', () => {
    const template = { limit: undefined, reverse: undefined };
    const lim: object = { lim: 1 };
    expect(() => takeOptions<object>('a scan', lim, template)).toThrow(
      /a scan.*name=lim.*limit,reverse/,
    );
    expect(takeOptions<object>('a scan', undefined, template)).toEqual(template);
    for (const options of [null, [], 'x', 5]) {
      expect(() => takeOptions('x', options as object, {})).toThrow(InvalidArgumentError);
    }
  });

  it('take any AbortSignal and nothing else', () => {
    const { signal } = new AbortController();
    expect(checkSignal(signal)).toBe(signal);
    expect(checkSignal(undefined)).toBeUndefined();
    for (const value of [null, {}, 5, 'now', new AbortController()]) {
      expect(() => checkSignal(value)).toThrow(InvalidArgumentError);
    }
  });

  it('describe any value in a few characters', () => {
    expect(describeValue('x'.repeat(1000)).length).toBeLessThan(60);
    expect([
      describeValue(new Uint8Array(3)),
      describeValue([1, 2]),
      describeValue(null),
      describeValue(undefined),
      describeValue(Object.create(null)),
      describeValue(() => 1),
      describeValue(Symbol('s')),
      describeValue(12n),
    ]).toEqual([
      'Uint8Array(3)',
      'Array(2)',
      'null',
      'undefined',
      'object',
      'function',
      'Symbol(s)',
      '12',
    ]);
  });
});

describe('codecs', () => {
  it('are found by name, made from functions, and refused otherwise', () => {
    for (const name of ['view', 'pooled', 'buffer', 'utf8', 'json', 'tuple'])
      expect(codecOf('k', name).name).toBe(name);
    expect(codecOf('k', undefined).name).toBe('view');
    expect(codecOf('k', { encode: () => new Uint8Array(0), decode: () => 1 }).name).toBe('custom');
    for (const value of ['', 'constructor', '__proto__', null, { encode: 1, decode: 2 }, 3]) {
      expect(() => codecOf('keyEncoding', value)).toThrow(/keyEncoding/);
    }
  });

  it('encode text of any size, one after the other, into memory of their own (encoding/placed-once)', () => {
    const codec = codecOf('k', 'utf8');
    const target = new EncodedBytes(new Uint8Array(0));
    for (const size of [0, 1, 1365, 1366, 5000, 400_000, 100, 2_000_000, 3]) {
      for (const unit of ['a', '\u00e9', '\u4e2d']) {
        const text = unit.repeat(size);
        target.place(codec.prepare(text));
        expect(target.end - target.start).toBe(Buffer.byteLength(text));
        expect(codec.decode(target.bytes, target.start, target.end)).toBe(text);
      }
    }
  });

  it('decode to copies, each in memory of its own (encoding/own-memory)', () => {
    const source = Uint8Array.from({ length: 10_000 }, (_, i) => i);
    const copies = Array.from({ length: 3000 }, (_, i) => copyToView(source, i, i + (i % 50)));
    copies.forEach((copy, i) => copy.fill(i));
    copies.forEach((copy, i) => expect(copy.every((byte) => byte === (i & 0xff))).toBe(true));
    expect(source[77]).toBe(77);
    for (const copy of copies) {
      expect([copy.byteOffset, copy.buffer.byteLength]).toEqual([0, copy.length]);
    }
    const large = copyToView(source, 0, 5000);
    large.fill(1);
    expect(source[7]).toBe(7);
  });
});
