/** Commits of varve/etcd that are sent again, that are from before the horizon, and what deletions leave. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { connect } from '../../src/etcd/index.ts';
import { settingsOf } from '../../src/etcd/address.ts';
import { CommitSlots } from '../../src/etcd/commit-slots.ts';
import { Layout } from '../../src/etcd/layout.ts';
import { Members } from '../../src/etcd/members.ts';
import type { TxnRequest, TxnResponse } from '../../src/etcd/protocol.ts';
import { bytesOf, commitOf, single, snapshotOf } from '../remote/backend-contract.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

/** Members whose answers get lost: each request is sent twice, and the second answer is taken. */
class ForgetfulMembers extends Members {
  readonly sent: TxnRequest[] = [];
  isBroken = false;

  override async commit(request: TxnRequest): Promise<TxnResponse> {
    this.sent.push(request);
    await super.commit(request);
    if (this.isBroken) throw new Error('broken');
    return super.commit(request);
  }
}

describe.skipIf(findEtcd() === undefined)('commits', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: true });
  });

  afterAll(async () => {
    await cluster.end();
  });

  it('are applied once, however often they arrive (etcd-commit/once, etcd-commit/not-reused)', async () => {
    const settings = settingsOf(cluster.url('once'));
    const members = new ForgetfulMembers(settings);
    const layout = new Layout(settings.prefix);
    const slots = new CommitSlots(members, layout, settings);
    const key = layout.dataKey(bytesOf('k'));
    const versionOf = async (): Promise<number | undefined> =>
      (await members.range({ key })).kvs[0]?.version; // how often it was written
    const first = await slots.commit(commitOf({ k: '1' }));
    expect([first.isCommitted, await versionOf()]).toEqual([true, 1]);
    await slots.commit(commitOf({ k: '2' }));
    expect(await versionOf()).toBe(2);
    for (const ghost of [...members.sent]) await members.commit(ghost); // late, out of the network
    expect(await versionOf()).toBe(2);

    members.isBroken = true;
    await expect(slots.commit(commitOf({ k: '3' }))).rejects.toThrow('broken');
    members.isBroken = false;
    const unknown = members.sent.at(-1)!; // the broken one
    const fourth = await slots.commit(commitOf({ k: '4' }));
    expect([fourth.isCommitted, await versionOf()]).toEqual([true, 4]);
    await members.commit(unknown);
    expect(await versionOf()).toBe(4);
    members.close();
  });

  it('leave tombstones, which a tidy takes behind the horizon (etcd-layout/tombstones, etcd-tidy/behind-the-horizon, etcd-commit/horizon)', async () => {
    const settings = settingsOf(cluster.url('tidy'));
    const [backend, members] = [await connect(cluster.url('tidy')), new Members(settings)];
    const layout = new Layout(settings.prefix);
    const found = async (text: string): Promise<string | undefined> => {
      const { kvs } = await members.range({ key: layout.dataKey(bytesOf(text)) });
      return kvs[0]?.value.toString('latin1');
    };
    await backend.commit(commitOf({ gone: '1', stays: '2' }));
    const before = await snapshotOf(backend);
    await backend.commit(commitOf({ gone: undefined }));
    expect([await found('gone'), await found('stays')]).toEqual(['', '2']);
    await backend.tidy?.({ start: bytesOf(''), end: undefined }, undefined);
    expect([await found('gone'), await found('stays')]).toEqual([undefined, '2']);
    const late = await backend.commit(commitOf({ gone: '3' }, { snapshot: before }));
    expect(late.isCommitted, 'it would overlook the deletion').toBe(false);
    const after = await snapshotOf(backend);
    const fresh = await backend.commit(commitOf({ gone: '3' }, { snapshot: after }));
    expect(fresh.isCommitted).toBe(true);
    members.close();
    await backend.close();
  });

  it('with more reads than a transaction may compare still lose when one has changed (etcd-commit/ranges-fit, etcd-commit/changed-since, etcd-backend/newest)', async () => {
    const backend = await connect(cluster.url('many'), { txnOperationCountMax: 16 });
    const names = Array.from({ length: 100 }, (_, i) => `r${String(i).padStart(3, '0')}`);
    const reads = names.map(single);
    const snapshot = await snapshotOf(backend);
    const calm = await backend.commit(commitOf({ out: '1' }, { snapshot, reads }));
    expect(calm.isCommitted).toBe(true);
    const newer = await snapshotOf(backend);
    await backend.commit(commitOf({ r050: 'x' }));
    const lost = await backend.commit(commitOf({ out: '2' }, { snapshot: newer, reads }));
    expect(lost.isCommitted).toBe(false);
    await backend.close();
  });
});
