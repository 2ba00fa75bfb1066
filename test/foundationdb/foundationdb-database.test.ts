/** A database over FoundationDB keeps what every database keeps: over a stand-in, and over a cluster where there is one. */
import { describe, expect, it } from 'vitest';

import { open, openBackend } from '../../src/index.ts';
import { expectExample } from '../docs/connect-example.ts';
import { type AnyDatabase, describeDatabase } from '../remote/database-contract.ts';
import { FoundationServers } from '../support/foundationdb-stand-in.ts';
import { connectReal, findCluster, IS_LONG, openStandIn, SEED } from './clients.ts';

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const SIZES = {
  seed: SEED,
  transactionCount: IS_LONG ? 3000 : 120,
  transferCount: IS_LONG ? 2000 : 60,
};

const servers = new FoundationServers(SEED);

describeDatabase('a stand-in of FoundationDB', {
  ...SIZES,
  tooMuch: { valueSizeBytes: 100_001 },
  openPair: async (name) => {
    const openOne = async (): Promise<AnyDatabase> =>
      openBackend<string, unknown>(await openStandIn(servers, name), ENCODINGS);
    return [await openOne(), await openOne()];
  },
});

it('runs the example of connect, over the stand-in', () =>
  expectExample('foundationdb', () => openStandIn(servers, 'example')));

it('refuses by name what is larger than the cluster takes, before anything is sent', async () => {
  const db = await openBackend(await openStandIn(servers, 'limits'), ENCODINGS);
  servers.onCommit = () => {
    throw new Error('Nothing may be sent');
  };
  const large = 'x'.repeat(100_001);
  await expect(db.put('k', large)).rejects.toThrow(/Value is too large.*max=100000/);
  await expect(db.put('k'.repeat(10_000), 1)).rejects.toThrow(/Key is too large.*max=9992/);
  const rows = Array.from({ length: 50 }, (_, i) => ({
    type: 'put' as const,
    key: `k${i}`,
    value: 'x'.repeat(90_000),
  }));
  await expect(db.batch(rows)).rejects.toThrow(/Commit is too large.*max=4000000/);
  servers.onCommit = undefined;
  await db.close();
});

const locationOf = await findCluster();

describe.skipIf(locationOf === undefined)('FoundationDB', () => {
  it('runs the example of connect', () =>
    expectExample('foundationdb', () => connectReal(locationOf!('example')))); // skipped otherwise

  describeDatabase('FoundationDB', {
    ...SIZES,
    openPair: async (name) => {
      const openOne = (): Promise<AnyDatabase> =>
        open<string, unknown>(locationOf!(name), ENCODINGS); // skipped otherwise
      return [await openOne(), await openOne()];
    },
  });
});
