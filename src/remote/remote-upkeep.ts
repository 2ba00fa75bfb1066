/**
 * What a database on a backend says to calls about files and tables.
 *
 * Owns: which of these calls have nothing to do, and which are refused by name: the servers keep the files.
 *
 * Suspension: everything here answers at once.
 */
import { Latencies } from '../base/latency.ts';
import { UnsupportedError } from '../base/errors.ts';
import type { VerifyReport } from '../version/verify-report.ts';
import type { RangeStats } from '../engine/upkeep/range-releases.ts';
import type { Vfs } from '../vfs/vfs.ts';

const NOTHING: RangeStats = { tableCount: 0, sizeBytes: 0, entryCount: 0 };

export abstract class RemoteUpkeep {
  /** One word for messages. */
  protected abstract readonly backendName: string;
  readonly latencies: Latencies = new Latencies();
  readonly incarnation: string = '';
  readonly databaseId: string = '';
  readonly keyGeneration: undefined = undefined;
  readonly oldestLog: undefined = undefined;

  get vfs(): Vfs {
    throw this.unsupported('archive', 'the servers keep the files: use their own backups');
  }

  /** Every commit is in the hands of the servers when it is acknowledged. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** The servers check their files; what is left are the indexes. */
  verify(): Promise<VerifyReport> {
    return Promise.resolve({
      isSound: true,
      tableCount: 0,
      entryCount: 0,
      sizeBytes: 0,
      logCount: 0,
      logOperationCount: 0,
      logSizeBytes: 0,
      keptLogCount: 0,
      keptLogSizeBytes: 0,
      indexCount: 0,
      uncheckedIndexes: [],
      ledgerCount: 0,
      problems: [],
    });
  }

  get isHistoryKept(): boolean {
    throw this.unsupported('consumer', 'keep the sequence of `changes` in an entry of your own');
  }

  consumers(): Promise<never> {
    return Promise.reject(this.unsupported('consumers', 'there are none'));
  }

  setKeyspaceOptions(): void {
    // There are no tables.
  }

  /** There are no tables. */
  rangeStats(): RangeStats {
    return NOTHING;
  }

  endLongCalls(): Promise<void> {
    return Promise.resolve();
  }

  off(): void {
    // `on` has begun nothing.
  }

  on(): never {
    throw this.unsupported('on', 'events tell of files; db.watch and db.changes tell of commits');
  }

  stats(): never {
    throw this.unsupported('stats', 'ask the servers for theirs');
  }

  approximateSize(): never {
    throw this.unsupported('approximateSize', 'count the entries, or ask the servers');
  }

  threadAccess(): never {
    throw this.unsupported('share', 'open the database in each thread');
  }

  logs(): never {
    throw this.unsupported('archive', 'use the backups of the servers');
  }

  checkpoint(): Promise<never> {
    return Promise.reject(this.unsupported('checkpoint', 'use the backups of the servers'));
  }

  capture(): Promise<never> {
    return Promise.reject(this.unsupported('backup', 'use the backups of the servers'));
  }

  rotateKey(): Promise<never> {
    return Promise.reject(this.unsupported('rotateKey', 'the servers keep the files'));
  }

  ingest(): Promise<never> {
    return Promise.reject(this.unsupported('ingest', 'write batches'));
  }

  protected unsupported(call: string, instead: string): UnsupportedError {
    return new UnsupportedError(
      `Call ${call} is none of a database on a backend: backend=${this.backendName}; ${instead}`,
    );
  }
}
