/**
 * An explicit snapshot of Level.
 *
 * Owns: the snapshot of Varve behind it, which is closed once.
 *
 * Suspension: everything here is synchronous, but for the promises that Level asks for.
 */
import { type AbstractLevel, AbstractSnapshot } from 'abstract-level';
import type { Snapshot } from '../index.ts';
import { LevelError } from './level-error.ts';

/** What Level gives to `_snapshot`: the database or sublevel that closes the snapshot when it is closed itself. */
export interface SnapshotOwner {
  readonly owner: AbstractLevel<unknown, unknown, unknown>;
}

// The declarations of abstract-level leave out its constructor, which takes the owner.
const Base = AbstractSnapshot as new (options: SnapshotOwner) => AbstractSnapshot;

export class LevelSnapshot extends Base {
  readonly snapshot: Snapshot;

  constructor(options: SnapshotOwner, snapshot: Snapshot) {
    super(options);
    this.snapshot = snapshot;
  }

  /** For abstract-level, once no read uses it. */
  _close(): Promise<void> {
    this.snapshot.close();
    return Promise.resolve();
  }
}

/** The snapshot among the options of a read. Throws LevelError for one that another kind of database made. */
export function snapshotIn(options: {
  readonly snapshot?: AbstractSnapshot | undefined;
}): Snapshot | undefined {
  const { snapshot } = options;
  if (snapshot === undefined || snapshot === null) return undefined;
  if (snapshot instanceof LevelSnapshot) return snapshot.snapshot;
  throw new LevelError(
    'LEVEL_INVALID_ARGUMENT',
    'Option snapshot must be a snapshot of this database',
  );
}
