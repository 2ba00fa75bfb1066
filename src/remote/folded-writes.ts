/**
 * A commit as a backend takes it: each key once.
 *
 * Owns: how the operations of a batch, in their order, become writes of keys. Backends do not delete ranges. So a range
 * deletion becomes the deletion of each row that is there, and a read of the range: a row that comes in between is a conflict.
 *
 * Invariants:
 *   folded-writes/last-wins: of several operations on one key the last one counts.
 *
 * Suspension: `fillRanges` suspends for pages; everything else is synchronous.
 */
import { InvalidArgumentError } from '../base/errors.ts';
import { DELETION, mustBePointType, RANGE_DELETION } from '../base/value-type.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { bufferOf, compareBytes, copyRange, keySuccessor } from '../bytes/bytes.ts';
import { type BoundedRange, isInRange } from '../bytes/key-range.ts';
import { keyspaceOf, keyspaceRange } from '../bytes/keyspace-number.ts';
import type { BackendCapabilities, BackendRange, BackendWrite } from './backend.ts';
import { rowOf } from './remote-records.ts';
import type { RemoteState } from './remote-state.ts';

const PAGE_ROW_COUNT = 1024;
const PAGE_SIZE_BYTES = 1024 * 1024;

interface DeletedRange {
  readonly range: BoundedRange;
  readonly kept: Set<string>;
}

export class FoldedWrites {
  readonly #writes = new Map<string, BackendWrite>();
  /** The deleted ranges, and the keys that were written after each. */
  #ranges: DeletedRange[] = [];

  constructor(batch: CommitBatch) {
    if (batch.operationCount === 0) return;
    const reader = new BatchReader();
    reader.resetToBatch(batch);
    while (reader.next()) this.#take(reader);
  }

  #take({ type, bytes, keyStart, keyEnd, valueStart, valueEnd }: BatchReader): void {
    const key = copyRange(bytes, keyStart, keyEnd);
    if (type === RANGE_DELETION) {
      this.#deleteRange({ start: key, end: copyRange(bytes, valueStart, valueEnd) });
      return;
    }
    const pointType = mustBePointType(type);
    const value =
      pointType === DELETION ? undefined : rowOf(pointType, bytes, valueStart, valueEnd);
    this.put(key, value);
  }

  /** Undefined deletes. */
  put(key: Uint8Array, value: Uint8Array | undefined): void {
    const name = nameOf(key);
    this.#writes.set(name, { key, value });
    for (const { kept } of this.#ranges) kept.add(name);
  }

  /** Some of the keys are in the range. */
  touches(range: BoundedRange): boolean {
    for (const { key } of this.#writes.values()) if (isInRange(range, key)) return true;
    return false;
  }

  get hasRanges(): boolean {
    return this.#ranges.length > 0;
  }

  /**
   * Leaves the deletion of whole keyspaces out: their rows go afterwards. For a commit that takes their numbers out of the
   * catalog, so that nobody reads or writes them any more.
   */
  leaveKeyspaces(): void {
    this.#ranges = this.#ranges.filter(({ range: { start, end } }) => {
      const whole = keyspaceRange(keyspaceOf(start));
      return compareBytes(whole.start, start) !== 0 || compareBytes(whole.end, end) !== 0;
    });
  }

  #deleteRange(range: BoundedRange): void {
    for (const [name, { key, value }] of this.#writes) {
      if (value !== undefined && isInRange(range, key)) {
        this.#writes.set(name, { key, value: undefined });
      }
    }
    this.#ranges.push({ range, kept: new Set() });
  }

  /** Adds the deletion of each row of the deleted ranges. Rejects with InvalidArgumentError for more than a commit may have. */
  async fillRanges(state: RemoteState, writeCountMax: number): Promise<void> {
    for (const { range, kept } of this.#ranges) {
      let start = range.start;
      for (let hasMore = true; hasMore;) {
        const page = await state.page({
          start,
          end: range.end,
          isReverse: false,
          rowCountMax: Math.min(PAGE_ROW_COUNT, writeCountMax + 1),
          sizeBytesMax: PAGE_SIZE_BYTES,
        });
        for (const { key } of page.rows) {
          const name = nameOf(key);
          if (!kept.has(name)) this.#writes.set(name, { key, value: undefined });
        }
        if (this.#writes.size > writeCountMax) throw rangeTooLarge(writeCountMax);
        const last = page.rows.at(-1);
        hasMore = page.hasMore && last !== undefined;
        if (last !== undefined) start = keySuccessor(last.key);
      }
    }
  }

  /** What must be unchanged for the range deletions. */
  get reads(): BackendRange[] {
    return this.#ranges.map(({ range }) => range);
  }

  /** In the order of keys. Throws InvalidArgumentError for what the backend cannot take. */
  inOrder(capabilities: BackendCapabilities): BackendWrite[] {
    const writes = [...this.#writes.values()].sort((a, b) => compareBytes(a.key, b.key));
    mustFit(writes, capabilities);
    return writes;
  }
}

function mustFit(writes: readonly BackendWrite[], limits: BackendCapabilities): void {
  if (writes.length > limits.commitWriteCountMax) {
    throw new InvalidArgumentError(
      `Commit writes more keys than the backend takes at once: count=${writes.length} max=${limits.commitWriteCountMax}`,
    );
  }
  let sizeBytes = 0;
  for (const { key, value } of writes) {
    const valueSize = value?.length ?? 0;
    if (key.length > limits.keySizeBytesMax)
      throw tooLarge('Key', key.length, limits.keySizeBytesMax);
    if (valueSize > limits.valueSizeBytesMax) {
      throw tooLarge('Value', valueSize, limits.valueSizeBytesMax);
    }
    sizeBytes += key.length + valueSize;
  }
  if (sizeBytes > limits.commitSizeBytesMax) {
    throw tooLarge('Commit', sizeBytes, limits.commitSizeBytesMax);
  }
}

function tooLarge(what: string, size: number, max: number): InvalidArgumentError {
  return new InvalidArgumentError(`${what} is too large for the backend: size=${size} max=${max}`);
}

function rangeTooLarge(max: number): InvalidArgumentError {
  return new InvalidArgumentError(
    `Range holds more rows than one commit of the backend may delete: max=${max}; delete it in parts`,
  );
}

function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}
