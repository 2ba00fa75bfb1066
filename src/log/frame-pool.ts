/**
 * Frames that were written, for their next use.
 *
 * Owns: a few empty builders. A frame of its own for each group would cost a buffer each.
 *
 * Suspension: every method is synchronous.
 */
import { FrameBuilder } from './frame-builder.ts';

const FREE_COUNT_MAX = 4;

export class FramePool {
  readonly #free: FrameBuilder[] = [];

  /** An empty frame. One that is never released is forgotten. */
  take(): FrameBuilder {
    return this.#free.pop() ?? new FrameBuilder();
  }

  /** The frame is not used any more. */
  release(frame: FrameBuilder): void {
    frame.reset();
    if (this.#free.length < FREE_COUNT_MAX) this.#free.push(frame);
  }
}
