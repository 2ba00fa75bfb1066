/**
 * How far the commit order has come.
 *
 * Owns: three sequence numbers. A commit is numbered (`assigned`), then readers see it (`published`), and in between or
 * later it survives a power cut (`durable`). So `published` and `durable` never exceed `assigned`.
 *
 * Suspension: none; every field may have moved on after any await.
 */
import type { SequenceNumber } from '../../base/ids.ts';

export class Horizons {
  /** The last sequence number given out. Written only by the commit pipeline. */
  assigned: SequenceNumber;
  /** The last one that readers see. Written only by the commit pipeline. */
  published: SequenceNumber;
  /** The last one known to survive a power cut. Written only by the commit pipeline. */
  durable: SequenceNumber;

  constructor(sequence: SequenceNumber) {
    this.assigned = sequence;
    this.published = sequence;
    this.durable = sequence;
  }
}
