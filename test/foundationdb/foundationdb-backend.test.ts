/** varve/foundationdb keeps the contract of a backend: over a stand-in, and over a cluster where there is one. */
import { describe, expect, it } from 'vitest';

import { describeBackend } from '../remote/backend-contract.ts';
import { FoundationServers } from '../support/foundationdb-stand-in.ts';
import { connectReal, findCluster, IS_LONG, openStandIn, SEED } from './clients.ts';

const CONTRACT = {
  keepsCallOrder: false,
  keepsIds: false,
  sharesVersions: true,
  seed: SEED,
} as const;

const servers = new FoundationServers(SEED);

describeBackend('a stand-in of FoundationDB', {
  ...CONTRACT,
  open: (name) => openStandIn(servers, name),
  commitCount: IS_LONG ? 20_000 : 800,
});

it('was tried with commits that share a version', () => {
  expect(servers.batchSizeMax).toBeGreaterThan(2);
});

const locationOf = await findCluster();

describe.skipIf(locationOf === undefined)('FoundationDB', () => {
  describeBackend('FoundationDB', {
    ...CONTRACT,
    open: (name) => connectReal(locationOf!(name)), // skipped otherwise
    commitCount: IS_LONG ? 20_000 : 600,
  });
});
