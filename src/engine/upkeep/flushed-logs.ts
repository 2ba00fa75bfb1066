/**
 * What becomes of logs whose memtable is a table, as a flush sees it.
 *
 * Owns: the two calls of a flush. The history decides (engine/history/log-history.ts).
 */
import type { FileNumber } from '../../base/ids.ts';
import type { MemtableSlot } from '../state/memtable-slot.ts';

export interface FlushedLogs {
  /** The logs of a frozen memtable that stay for the history, whole and durable. Rejects as `endLog` of the pipeline. */
  retire(slot: MemtableSlot): Promise<readonly FileNumber[]>;
  /** Drops kept logs that are beyond the bounds. Rejects when the manifest can no longer be written. */
  trim(): Promise<void>;
}
