/**
 * Leases: who is at work in a store.
 *
 * Owns: the small objects by which backups and prunes hear of each other. A backup does not store again what it finds in
 * the store; a prune deletes what no backup refers to. So an object that a backup has found must not go before its record
 * is there. Each of the two puts its lease first and looks for the other's after that: one of them sees the other.
 *
 *      backup   put its lease -> wait while a prune has one -> list objects ... put the record -> lease still there?
 *      prune    put its lease -> a backup has one? then no object goes -> ...
 *
 * Invariants:
 *   lease/backup-safe: while the lease of a backup is in the store, no prune deletes an object.
 *   lease/fenced: the lease of a backup that was not renewed for `abandonedMs` is that of a killed one. A prune removes the
 *       lease before it deletes an object. A backup that only slept finds its lease gone, and fails with
 *       BACKUP_SUPERSEDED. It looks before and after its record is put, and takes the record back.
 *
 * Clocks: a prune compares the time in a lease with its own clock. Machines whose clocks differ by more than
 * `abandonedMs`, an hour by default, must not prune.
 *
 * Suspension: every function here suspends.
 */
import { randomUUID } from 'node:crypto';

import { BackupError } from '../base/errors.ts';
import type { StoreCalls } from './backup-store.ts';
import { LEASES } from './layout.ts';
import type { Meter } from './meter.ts';
import { decodeRecord, encodeRecord, type LeaseRecord } from './record.ts';

const HOUR_MS = 3600 * 1000;
export const ABANDONED_MS_DEFAULT: number = HOUR_MS;

/** A lease is renewed this often: sixty times before it counts as abandoned. */
const RENEWAL_MS = 60 * 1000;
/** How often a backup looks whether a prune has ended. */
const POLL_MS = 500;
const LEASE_SIZE_BYTES_MAX = 4096;

export class Lease {
  readonly kind: LeaseRecord['kind'];
  readonly #store: StoreCalls;
  readonly #meter: Meter;
  readonly #name: string;
  #renewedMs = 0;

  constructor(kind: LeaseRecord['kind'], store: StoreCalls, meter: Meter) {
    this.kind = kind;
    this.#store = store;
    this.#meter = meter;
    this.#name = `${LEASES}${kind}-${randomUUID()}`;
  }

  get name(): string {
    return this.#name;
  }

  async put(): Promise<void> {
    this.#renewedMs = this.#meter.clock.nowMs();
    const record: LeaseRecord = { kind: this.kind, renewedMs: this.#meter.clock.wallMs() };
    await this.#store.putBytes(this.#name, encodeRecord('lease', record));
  }

  /** Puts it again when it is time. Throws BackupError when a prune has removed it (lease/fenced). */
  async renew(): Promise<void> {
    if (this.#meter.clock.nowMs() - this.#renewedMs < RENEWAL_MS) return;
    await this.mustStand();
    await this.put();
  }

  async mustStand(): Promise<void> {
    const found = await this.#store.list(this.#name);
    if (found.has(this.#name)) return;
    throw new BackupError(
      'BACKUP_SUPERSEDED',
      'Backup was taken for a killed one, and objects may be gone that it refers to; make it again',
      this.#name,
    );
  }

  /** Best effort: a lease that stays ends by its age. */
  async drop(): Promise<void> {
    await this.#store.delete(this.#name).catch(() => undefined);
  }

  /** Waits until no prune is at work. */
  async waitForPrunes(): Promise<void> {
    for (;;) {
      const prunes = await leasesOf('prune', this.#store, this.#meter, ABANDONED_MS_DEFAULT);
      if (prunes.live.length === 0) return;
      await this.#meter.wait(POLL_MS);
    }
  }
}

export interface Leases {
  readonly live: readonly string[];
  readonly abandoned: readonly string[];
}

/** Names of leases of a kind. One that cannot be read counts as live until it is older than can be told: it is abandoned. */
export async function leasesOf(
  kind: LeaseRecord['kind'],
  store: StoreCalls,
  meter: Meter,
  abandonedMs: number,
): Promise<Leases> {
  const live: string[] = [];
  const abandoned: string[] = [];
  for (const name of (await store.list(`${LEASES}${kind}-`)).keys()) {
    const renewedMs = await renewedMsOf(store, name);
    if (renewedMs === 'gone') continue;
    const isLive = renewedMs !== undefined && meter.clock.wallMs() - renewedMs < abandonedMs;
    (isLive ? live : abandoned).push(name);
  }
  return { live, abandoned };
}

async function renewedMsOf(store: StoreCalls, name: string): Promise<number | 'gone' | undefined> {
  try {
    const bytes = await store.getBytes(name, LEASE_SIZE_BYTES_MAX);
    return decodeRecord<LeaseRecord>('lease', bytes, name).renewedMs;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'BACKUP_DAMAGED') throw error;
    return (await store.list(name)).has(name) ? undefined : 'gone';
  }
}
