/**
 * A cursor over entries that are still on their way into memory.
 *
 * Owns: the seek that waits for them.
 *
 * Example: a transaction on servers has an update of a key that it has not read, and scans over it. The value that the update
 * is applied to comes with the first rows of the scan, and the scan is there before.
 *
 * Invariants:
 *   awaited-iterator/memory-behind: what comes is a cursor over memory. So only a seek waits, and only the first.
 *
 * Suspension: only `load` suspends.
 */
import { UnsupportedError } from '../base/errors.ts';
import type { SequenceNumber } from '../base/ids.ts';
import type { PointType } from '../base/value-type.ts';
import { type InternalIterator, NEEDS_BLOCK, type StepResult } from './internal-iterator.ts';

type Seek = (child: InternalIterator) => StepResult;

export class AwaitedIterator implements InternalIterator {
  readonly #coming: Promise<InternalIterator>;
  #child: InternalIterator | undefined = undefined;
  #seek: Seek | undefined = undefined;

  constructor(coming: Promise<InternalIterator>) {
    this.#coming = coming;
    coming.catch(() => undefined); // `load` tells; a scan may end before it
  }

  // After READY it is there, here and below.
  get key(): Uint8Array {
    return this.#child!.key;
  }
  get keyStart(): number {
    return this.#child!.keyStart;
  }
  get keyEnd(): number {
    return this.#child!.keyEnd;
  }
  get sequence(): SequenceNumber {
    return this.#child!.sequence;
  }
  get type(): PointType {
    return this.#child!.type;
  }
  get value(): Uint8Array {
    return this.#child!.value;
  }
  get valueStart(): number {
    return this.#child!.valueStart;
  }
  get valueEnd(): number {
    return this.#child!.valueEnd;
  }

  seekFirst(): StepResult {
    return this.#seekTo((child) => child.seekFirst());
  }

  seekAtLeast(key: Uint8Array): StepResult {
    return this.#seekTo((child) => child.seekAtLeast(key));
  }

  seekLast(): StepResult {
    return this.#seekTo((child) => child.seekLast());
  }

  seekBelow(key: Uint8Array): StepResult {
    return this.#seekTo((child) => child.seekBelow(key));
  }

  next(): StepResult {
    return this.#child!.next();
  }

  prev(): StepResult {
    return this.#child!.prev();
  }

  async load(): Promise<void> {
    this.#child = await this.#coming;
  }

  loadSync(): void {
    throw new UnsupportedError(
      'Scans within a turn cannot wait for what an update is applied to: iterate with for await, or call nextMany or all',
    );
  }

  resume(): StepResult {
    const seek = this.#seek!; // iterator/load-then-resume
    this.#seek = undefined;
    return seek(this.#child!);
  }

  #seekTo(seek: Seek): StepResult {
    if (this.#child !== undefined) return seek(this.#child);
    this.#seek = seek;
    return NEEDS_BLOCK;
  }
}
