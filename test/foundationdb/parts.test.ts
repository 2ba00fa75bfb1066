/** Parts of varve/foundationdb that need no cluster: connection strings, keys, entries of the log, the client that is missing. */
import { describe, expect, it } from 'vitest';

import { loadClient } from '../../src/foundationdb/client.ts';
import { failureOf } from '../../src/foundationdb/failures.ts';
import { Layout } from '../../src/foundationdb/layout.ts';
import { decodeEntry, encodeEntry } from '../../src/foundationdb/log-entry.ts';
import { parseLocation } from '../../src/foundationdb/settings.ts';
import { versionBefore, versionBytes, versionOf } from '../../src/foundationdb/versions.ts';
import { type BackendWrite, open } from '../../src/index.ts';
import { FoundationError } from '../support/foundationdb-stand-in.ts';
import { makeRandom } from '../support/prng.ts';

describe('a connection string', () => {
  it('names a cluster file, a prefix, and how long to wait and to keep', () => {
    const location =
      'foundationdb:///etc/my%20fdb/fdb.cluster?prefix=orders&timeout_ms=100&history_ms=1000&api_version=710';
    expect(parseLocation(location)).toEqual({
      location,
      clusterFile: '/etc/my fdb/fdb.cluster',
      prefix: Buffer.from('orders'),
      timeoutMs: 100,
      historyMs: 1000,
      apiVersion: 710,
    });
  });

  it('has defaults, and may name a file from here', () => {
    expect(parseLocation('foundationdb://')).toMatchObject({
      clusterFile: undefined,
      prefix: Buffer.from('varve'),
      timeoutMs: 30_000,
      historyMs: 600_000,
      apiVersion: 630,
    });
    expect(parseLocation('FoundationDB://a/fdb.cluster').clusterFile).toBe('a/fdb.cluster');
  });

  it.each([
    ['foundationdb:/etc/fdb.cluster', 'Location must be like'],
    ['foundationdb:///a#b', 'Location must be like'],
    ['foundationdb:///%E0%A4%A', 'malformed path'],
    ['foundationdb://?prefix=', 'prefix'],
    ['foundationdb://?prefix=a%00b', 'without a zero byte'],
    ['foundationdb://?timeout_ms=1.5', 'timeout_ms'],
    ['foundationdb://?history_ms=0', 'history_ms'],
    ['foundationdb://?api_version=620', 'from 630 to 720'],
    ['foundationdb://?pool=3', 'name=pool known=prefix,timeout_ms,history_ms,api_version'],
  ])('is refused: %s', (location, named) => {
    expect(() => parseLocation(location)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(named) as string,
      }),
    );
  });
});

describe('the client', () => {
  it('that is not installed is told with what to install', async () => {
    await expect(open('foundationdb://')).rejects.toThrow(/libfdb_c.*npm install foundationdb/);
    await expect(open('foundationdb://')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('whose library is missing is told with what to install, and the reason', async () => {
    const reason = 'libfdb_c.so: cannot open shared object file: No such file or directory';
    const error = Object.assign(new Error(`${reason}\nmore`), { code: 'ERR_DLOPEN_FAILED' });
    await expect(loadClient(() => Promise.reject(error))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        /install the client library.*libfdb_c\.so: cannot.*directory$/,
      ) as string,
    });
  });

  it('is taken as either kind of module gives it', async () => {
    const client = { setAPIVersion: () => undefined, open: () => undefined };
    expect(await loadClient(() => Promise.resolve(client))).toBe(client);
    expect(await loadClient(() => Promise.resolve({ default: client }))).toBe(client);
  });
});

it('an error leaves the outcome of a commit open, unless its number says otherwise (foundationdb-failures/open-unless-known)', () => {
  const kindOf = (code: number): string => failureOf(new FoundationError(code));
  expect([1020, 1007, 1009, 1213, 2101, 2103, 2203, 1515].map(kindOf)).toEqual([
    'conflict',
    'too-old',
    'again',
    'again',
    'too-large',
    'too-large',
    'refused',
    'refused',
  ]);
  expect([1021, 1025, 1031, 1039, 1101, 1000, 4100, 1999].map(kindOf)).toEqual(
    Array.from({ length: 8 }, () => 'open'),
  );
  expect(failureOf(Object.assign(new Error('closed'), { code: 'EPIPE' }))).toBe('open');
});

it('no database lies in another (foundationdb-layout/apart)', () => {
  const names = ['a', 'ab', 'a\u0001', 'b'];
  const layouts = names.map((name) => new Layout(Buffer.from(name)));
  const id = Buffer.alloc(16, 7);
  for (const layout of layouts) {
    const own = [
      layout.format,
      layout.horizon,
      layout.bell,
      layout.logAfter(7),
      layout.idKey(7, id, 3),
      layout.dataKey(Buffer.of(255)),
    ];
    expect(new Set(own.map((key) => key.toString('hex'))).size).toBe(own.length);
    for (const other of layouts) {
      if (other === layout) continue;
      for (const key of own) {
        expect(key.compare(other.format) > 0 && key.compare(other.bell) < 0).toBe(false);
        expect(other.isData(key)).toBe(false);
      }
    }
  }
});

it('versions keep their order as bytes, and count about a million in a second', () => {
  const versions = [0, 255, 256, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER];
  expect(versions.map((version) => versionOf(versionBytes(version)))).toEqual(versions);
  expect(versionBefore(10_000_000, 5000)).toBe(5_000_000);
  expect(versionBefore(10, 5000)).toBe(0);
  expect(() => versionOf(Buffer.alloc(8, 1))).toThrow('no exact number');
});

describe('an entry of the log', () => {
  const textOf = ({ key, value }: BackendWrite): string =>
    `${Buffer.from(key).toString('hex')}=${value && Buffer.from(value).toString('base64')}`;

  it('is read as it was written, in however many parts', () => {
    const random = makeRandom(1);
    for (const size of [1, 1000, 89_000, 100_000]) {
      const writes = Array.from({ length: 1 + random.below(5) }, (_, i): BackendWrite => ({
        key: new Uint8Array(Buffer.concat([Buffer.of(i), random.bytes(random.below(300))])),
        value: random.chance(0.3) ? undefined : new Uint8Array(random.bytes(size)),
      }));
      const parts = encodeEntry({ wallMs: 1_700_000_000_000.5, writes });
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(100_000);
      const found = decodeEntry(parts);
      expect(found.wallMs).toBe(1_700_000_000_000);
      expect(found.writes.map(textOf)).toEqual(writes.map(textOf));
    }
  });

  it('that is none is told, and never read past its end', () => {
    const [whole] = encodeEntry({
      wallMs: 1,
      writes: [{ key: Uint8Array.of(1, 2), value: Uint8Array.of(3) }],
    }) as [Buffer];
    for (let length = 0; length < whole.length; length++) {
      if (length === 8) continue; // an entry without a write
      expect(() => decodeEntry([whole.subarray(0, length)]), String(length)).toThrow(
        expect.objectContaining({ code: 'CORRUPTION' }),
      );
    }
  });
});
