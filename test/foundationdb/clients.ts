/**
 * Clients of FoundationDB for tests: over the stand-in, or over a real cluster.
 *
 * Owns: how each is opened. A real cluster is taken where FDB_CLUSTER_FILE names a cluster file and the package
 * `foundationdb` can be loaded. Each database of a run has a prefix of its own there.
 */
import { randomBytes } from 'node:crypto';

import { loadClient } from '../../src/foundationdb/client.ts';
import { connectBy } from '../../src/foundationdb/foundationdb-backend.ts';
import { connect } from '../../src/foundationdb/index.ts';
import { parseLocation } from '../../src/foundationdb/settings.ts';
import type { Backend } from '../../src/index.ts';
import { type FoundationServers, standInClient } from '../support/foundationdb-stand-in.ts';

export const SEED: number = Number(process.env['SEED'] ?? 1);
export const IS_LONG: boolean = process.env['VARVE_CLUSTER'] === 'all';

/** Another client of the stand-in. */
export function openStandIn(
  servers: FoundationServers,
  prefix: string,
  more = '',
): Promise<Backend> {
  const settings = parseLocation(`foundationdb://?prefix=${prefix}${more}`);
  return connectBy(settings, standInClient(servers));
}

/** Opens a database on the real cluster, empty at first; undefined where there is none, which is said. */
export async function findCluster(): Promise<((name: string) => string) | undefined> {
  const file = process.env['FDB_CLUSTER_FILE'];
  const reason =
    file === undefined
      ? 'FDB_CLUSTER_FILE names no cluster file'
      : await loadClient().then(
          () => undefined,
          (error: unknown) => (error as Error).message,
        );
  if (reason !== undefined) {
    console.log(`SKIPPED: varve/foundationdb was not tried on a cluster: ${reason}`);
    return undefined;
  }
  const run = randomBytes(4).toString('hex');
  return (name) => `foundationdb://${file}?prefix=varve-test-${run}-${name}`;
}

export const connectReal = (location: string): Promise<Backend> => connect(location);
