/**
 * Store upkeep: the work of a store in files of this machine, beside the contract.
 *
 * Owns: the list of its calls: files, tables, statistics and events. A store elsewhere has none of these.
 *
 * Suspension: a call that returns no promise is done in the same turn.
 */
import type { KeyRange } from '../bytes/key-range.ts';
import type { EntryEncoder, IngestReport, IngestSource } from '../engine/bulk/ingest.ts';
import type { VerifyReport } from '../engine/check/verify.ts';
import type { CheckpointReport } from '../engine/copy/checkpoint.ts';
import type { EventListener, EventName } from '../engine/state/events.ts';
import type { DatabaseStats, TransactionUsage } from './stats.ts';

export interface StoreUpkeep {
  /** The directory, as an absolute path. */
  readonly location: string;
  flush(signal: AbortSignal | undefined): Promise<void>;
  /** Flushes, and compacts the range to the bottom. */
  compact(range: KeyRange, signal: AbortSignal | undefined): Promise<void>;
  verify(signal: AbortSignal | undefined): Promise<VerifyReport>;
  checkpoint(directory: string, signal: AbortSignal | undefined): Promise<CheckpointReport>;
  ingest<K, V>(
    entries: IngestSource<K, V>,
    encoder: EntryEncoder<K, V>,
    signal: AbortSignal | undefined,
  ): Promise<IngestReport>;
  stats(transactions: TransactionUsage, scanCount: number): DatabaseStats;
  on<N extends EventName>(name: N, listener: EventListener<N>): void;
  off<N extends EventName>(name: N, listener: EventListener<N>): void;
  /** Ends the calls above that are under way. */
  endLongCalls(): Promise<void>;
}
