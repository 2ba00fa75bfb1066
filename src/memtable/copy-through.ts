/**
 * A memtable without its last operations.
 *
 * Owns: taking back commits that were inserted and then refused, as when the disk is full. Entries cannot leave a
 * memtable, which other cursors may be reading; so it is rebuilt, in sequence order, from what stays. That costs a second
 * for a million entries and happens only when a write was refused.
 *
 * Suspension: synchronous. The source is left as it was.
 */
import { assert } from '../base/assert.ts';
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { sequenceAfter, type SequenceNumber } from '../base/ids.ts';
import { ALL_VERSIONS, READY } from '../iterator/internal-iterator.ts';
import type { Random } from '../base/random.ts';
import { mustBePointType } from '../base/value-type.ts';
import type { ArenaPool } from './arena.ts';
import { Memtable } from './memtable.ts';

/** Per operation, by relative sequence: type + 1, key start, key end, value start, value end. 0: a range deletion. */
const FIELD_COUNT = 5;

/**
 * A new memtable with the operations of `source` at or below `sequence`, of the same capacity. It goes on after
 * `sequence`, also when the source began later: then commits of the memtable before it were taken back too.
 */
export function copyThrough(
  source: Memtable,
  sequence: SequenceNumber,
  random: Random,
  pool: ArenaPool,
): Memtable {
  const { capacityBytes } = source;
  const baseSequence = sequence < source.baseSequence ? sequence : source.baseSequence;
  const copy = Memtable.create({ capacityBytes, baseSequence, random, pool });
  const count = Math.max(0, sequence - baseSequence);
  const fields = new Float64Array((count + 1) * FIELD_COUNT);
  const cursor = source.iterator(ALL_VERSIONS);
  let bytes: Uint8Array = EMPTY_BYTES;
  for (let status = cursor.seekFirst(); status === READY; status = cursor.next()) {
    if (cursor.sequence > sequence) continue;
    bytes = cursor.key;
    assert(bytes === cursor.value, 'keys and values of a memtable lie in one arena');
    const base = (cursor.sequence - baseSequence) * FIELD_COUNT;
    fields[base] = cursor.type + 1;
    fields[base + 1] = cursor.keyStart;
    fields[base + 2] = cursor.keyEnd;
    fields[base + 3] = cursor.valueStart;
    fields[base + 4] = cursor.valueEnd;
  }
  const ranges = [...source.rangeDeletions()].filter((range) => range.sequence <= sequence);
  for (let relative = 1; relative <= count; relative++) {
    const base = relative * FIELD_COUNT; // relative <= count, so base + 4 is in the array
    const at = sequenceAfter(baseSequence, relative);
    const type = fields[base]!;
    if (type > 0) {
      const keyStart = fields[base + 1]!;
      const keyEnd = fields[base + 2]!;
      const hash = hashKey(bytes, keyStart, keyEnd);
      const kind = mustBePointType(type - 1);
      copy.put(
        kind,
        at,
        bytes,
        keyStart,
        keyEnd,
        hash,
        bytes,
        fields[base + 3]!,
        fields[base + 4]!,
      );
    } else if (ranges.at(-1)?.sequence === at) {
      const range = ranges.pop()!; // just looked at
      copy.deleteRange(at, range.start, range.end);
    }
  }
  return copy;
}
