/**
 * What becomes of logs whose memtable is a table, as a flush sees it; engine/history/log-history.ts decides.
 */
import type { FileNumber } from '../../base/ids.ts';

export interface FlushedLogs {
  /** Those of the logs that stay for the history. */
  keptOf(logs: readonly FileNumber[]): readonly FileNumber[];
  /** Drops kept logs that are beyond the bounds. */
  trim(): Promise<void>;
}
