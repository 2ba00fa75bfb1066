/**
 * A memtable without its last operations.
 *
 * Owns: taking back commits that were inserted and then refused, for example because the disk is full. An entry cannot
 * leave a memtable, because cursors may be reading it. So this file copies the entries that stay, in sequence order,
 * into a new memtable. That costs a second for a million entries, and happens only when a write was refused.
 *
 * Suspension: synchronous. The source is left as it was.
 */
import { sequenceAfter, type SequenceNumber } from '../base/ids.ts';
import { ALL_VERSIONS, READY } from '../iterator/internal-iterator.ts';
import type { ArenaPool } from './arena-pool.ts';
import { Memtable } from './memtable.ts';
import { Operation } from './operation.ts';

/**
 * A new memtable of the same capacity with the operations of `source` at or below `sequence`. Its next sequence follows
 * `sequence`. Where `source` began later, the pipeline took commits of the memtable before it back too. Then the new
 * memtable begins at `sequence` (memtable/older-below).
 */
export function copyThrough(source: Memtable, sequence: SequenceNumber, pool: ArenaPool): Memtable {
  const { capacityBytes } = source;
  const baseSequence = sequence < source.baseSequence ? sequence : source.baseSequence;
  const copy = Memtable.create({ capacityBytes, baseSequence, pool });
  const entries = entriesInOrder(source, baseSequence, sequence);
  const ranges = [...source.rangeDeletions()].filter((range) => range.sequence <= sequence);
  const operation = new Operation();
  for (let relative = 1; 2 * relative < entries.length; relative++) {
    const node = entries[2 * relative]!; // 2 * relative + 1 < length, which is even
    const at = sequenceAfter(baseSequence, relative);
    if (node !== 0) {
      source.readEntry(node, entries[2 * relative + 1]!, operation);
      copy.insert(operation);
    } else if (ranges.at(-1)?.sequence === at) {
      const range = ranges.pop()!; // just looked at
      copy.deleteRange(at, range.start, range.end);
    }
  }
  return copy;
}

/** Key node and version of each entry at or below `sequence`, by relative sequence; 0 where there is no entry. */
function entriesInOrder(
  source: Memtable,
  baseSequence: SequenceNumber,
  sequence: SequenceNumber,
): Int32Array {
  const entries = new Int32Array(2 * (Math.max(0, sequence - baseSequence) + 1));
  const cursor = source.iterator(ALL_VERSIONS);
  for (let status = cursor.seekFirst(); status === READY; status = cursor.next()) {
    if (cursor.sequence > sequence) continue;
    const at = 2 * (cursor.sequence - baseSequence);
    entries[at] = cursor.node;
    entries[at + 1] = cursor.version;
  }
  return entries;
}
