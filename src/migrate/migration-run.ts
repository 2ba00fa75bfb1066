/**
 * A migration: the copy of a database, and the changes that come meanwhile.
 *
 * Owns: the order of its steps, and its place.
 *
 * A round takes a snapshot of the source. First the commits up to the snapshot are applied to what was copied before. Then
 * the next entries are copied from the snapshot. So what is in the target is, at the end of each round, as of one commit of
 * the source. A snapshot lives for one round alone, and so do the logs that are needed.
 *
 * Invariants:
 *   migration-run/as-of: what lies in the target up to the last key that was copied is what the source had at `since`. What
 *       is written behind that key meanwhile comes with the copy.
 *   migration-run/resumed: a run goes on from the place in the target, whenever the one before it ended. What it applies a
 *       second time changes nothing.
 *   migration-run/same-catalog: a source whose keyspaces or indexes have changed since the begin is refused.
 *   migration-run/compared: a migration ends when both ends were read again and are equal. Only then its place goes.
 *
 * Suspension: everything here suspends.
 */
import { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { abortedBy } from '../base/abort.ts';
import { AbortedError, HistoryGoneError, InvalidArgumentError } from '../base/errors.ts';
import { TurnBudget } from '../base/turn-budget.ts';
import { keyspaceOf, SYSTEM_KEYSPACE } from '../bytes/keyspace-number.ts';
import type { LoggedCommit } from '../engine/history/commit-stream.ts';
import type { StoreView } from '../store/contract.ts';
import { catalogAt, copyOf, digestOf, type KnownKeyspace } from './catalog-at.ts';
import { compareEnds, type MigratedKeyspace } from './compare.ts';
import type { OpenEnd } from './ends.ts';
import { type FoldedChange, FoldedChanges, type Reach } from './folded-changes.ts';
import { undeclaredIndexes } from './keyspace-copy.ts';
import { lastKeyOf, type PlaceRecord } from './place.ts';
import { type Lot, lotAfter, lotInOrder, type LotSizes } from './rows.ts';
import type { MigrationTarget } from './target.ts';

/** So many commits are passed over before the place says so, by changes that a lot may have. */
const COMMITS_PER_CHANGE = 10;

/** How far a migration has come, as its caller is told. */
export interface MigrationProgress {
  /** What it does: looks for entries that are too large, copies, applies commits, or compares. */
  readonly phase: 'checking' | 'copying' | 'following' | 'comparing';
  /** Entries that were copied, by this run and those before it. */
  readonly copiedCount: number;
  /** Commits of the source that were applied. */
  readonly commitCount: number;
  /** What is in the target is as of this commit of the source. */
  readonly sequence: number;
  /** How far that was behind the newest commit when the source was last asked; 0: it has caught up. */
  readonly behind: number;
}

/** What a migration has done. */
export interface MigrationReport {
  /** Both ends have the same entries, and the indexes of the target are those of its rows. */
  readonly isEqual: boolean;
  /** True when it went on with an earlier run. */
  readonly isResumed: boolean;
  /** The commit of the source that the target is as of: later ones are not in it. */
  readonly sequence: number;
  /** Entries that were copied. */
  readonly copiedCount: number;
  /** Commits that were applied after them. */
  readonly commitCount: number;
  /** In the order in which they were moved. */
  readonly keyspaces: readonly MigratedKeyspace[];
  /** Indexes of the target that were held against their rows. */
  readonly indexCount: number;
  /** What is wrong with the target, in words. */
  readonly problems: readonly string[];
  /** Indexes by functions, and others that only the program can declare: `keyspace.index`. */
  readonly undeclaredIndexes: readonly string[];
}

/** What a run is made of. */
export interface RunParts {
  readonly source: OpenEnd;
  readonly target: OpenEnd;
  readonly writes: MigrationTarget;
  readonly catalog: readonly KnownKeyspace[];
  readonly place: PlaceRecord;
  readonly isResumed: boolean;
  readonly sizes: LotSizes;
  readonly signal: AbortSignal | undefined;
  readonly check: () => void;
  readonly onProgress: ((progress: MigrationProgress) => void) | undefined;
}

/** The source at one place of its commits. */
export interface SourceState {
  readonly view: StoreView;
  readonly sequence: number;
}

/** Hands the newest state of the source to `use`, with its keyspaces. */
export async function atNewest<T>(
  { store }: OpenEnd,
  { check, signal }: { readonly check: () => void; readonly signal: AbortSignal | undefined },
  use: (state: SourceState, catalog: readonly KnownKeyspace[]) => Promise<T>,
): Promise<T> {
  await store.refresh(signal);
  const snapshot = store.snapshot();
  const view = snapshot.view();
  view.hold();
  try {
    const catalog = await catalogAt({ view, turns: new TurnBudget(store.clock), check });
    return await use({ view, sequence: snapshot.sequence }, catalog); // known by now, also of servers
  } finally {
    view.release();
    snapshot.close();
  }
}

export class MigrationRun {
  readonly #parts: RunParts;
  readonly #turns: TurnBudget;
  #place: PlaceRecord;
  #behind = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#place = parts.place;
    this.#turns = new TurnBudget(parts.source.store.clock);
  }

  /** Copies everything from one state, and compares with that. */
  async once(state: SourceState): Promise<MigrationReport> {
    if (this.#place.since !== state.sequence) {
      throw new InvalidArgumentError(
        `Source was written to since the copy began: then=${this.#place.since} now=${state.sequence}; go on ` +
          'without once, or begin again with restart',
      );
    }
    while (!this.#isCopied) await this.#copyLots(state.view);
    return this.#compare(state);
  }

  /** Copies, and applies what is committed meanwhile, until nothing is left. */
  async online(): Promise<MigrationReport> {
    await this.#copyAll();
    return this.#round(async (state) => {
      await this.#catchUp(state);
      return this.#compare(state);
    });
  }

  /** The same, and goes on with it until the signal is aborted: it never resolves. */
  async follow(): Promise<never> {
    await this.#copyAll();
    for (;;) {
      await this.#round((state) => this.#catchUp(state));
      await this.#untilNext();
    }
  }

  async #copyAll(): Promise<void> {
    while (!this.#isCopied) {
      await this.#round(async (state) => {
        await this.#catchUp(state);
        for (let i = 0; i < this.#parts.sizes.perRound && !this.#isCopied; i++)
          await this.#copyLots(state.view);
      });
    }
  }

  get #isCopied(): boolean {
    return this.#place.doneCount === this.#parts.catalog.length;
  }

  #round<T>(use: (state: SourceState) => Promise<T>): Promise<T> {
    const { source, check } = this.#parts;
    check();
    return atNewest(source, this.#parts, (state, catalog) => {
      if (digestOf(catalog) !== this.#place.catalog) throw catalogChanged();
      return use(state);
    });
  }

  // The copy.

  /** Copies the next lot of the keyspace that is begun, or ends the keyspace. */
  async #copyLots(view: StoreView): Promise<void> {
    const place = this.#place;
    const keyspace = this.#parts.catalog[place.doneCount]!; // it is not copied
    const { number } = keyspace;
    const { sizes } = this.#parts;
    const rows = new AppendOnlyRows(number, keyspace.record.tree);
    const lot: Lot =
      rows.tree === undefined
        ? await lotAfter(view, number, lastKeyOf(place), sizes)
        : await lotInOrder(view, rows, place.leafCount, sizes);
    const { entries, isLast } = lot;
    const changes = entries.map((entry): FoldedChange => ({ type: 'put', number, entry }));
    await this.#write(changes, (count) => {
      if (isLast && count === entries.length) {
        const doneCount = place.doneCount + 1;
        const copiedCount = place.copiedCount + count;
        return { ...place, doneCount, copiedCount, after: null, leafCount: 0 };
      }
      const last = count === 0 ? undefined : entries[count - 1];
      return {
        ...place,
        after: last === undefined ? place.after : Buffer.from(last.key).toString('base64'),
        leafCount: place.leafCount + count,
        copiedCount: place.copiedCount + count,
      };
    });
    this.#tell('copying');
  }

  async #write(
    changes: readonly FoldedChange[],
    placeAt: (doneCount: number) => PlaceRecord,
  ): Promise<void> {
    await this.#parts.writes.write(changes, placeAt);
    this.#place = placeAt(changes.length);
  }

  // The changes.

  /** Applies the commits up to a state, and none behind it (migration-run/as-of). */
  async #catchUp({ sequence }: SourceState): Promise<void> {
    const { since } = this.#place;
    const { sizes, source, signal } = this.#parts;
    this.#behind = sequence - since;
    this.#tell('following');
    if (since >= sequence) return;
    const feed = source.store.commits({ sequence: since });
    let group = this.#newGroup();
    let commitCount = 0;
    try {
      for (;;) {
        const commit = await feed.next(false, signal);
        if (commit === undefined || commit.sequence > sequence) break;
        if (!this.#isOfRows(commit)) continue;
        for (const operation of commit.operations) group.add(operation);
        commitCount++;
        const isFull = group.count >= sizes.countMax || group.sizeBytes >= sizes.sizeBytes;
        if (!isFull && commitCount < COMMITS_PER_CHANGE * sizes.countMax) continue;
        await this.#apply(group, commit.sequence, commitCount);
        this.#behind = sequence - commit.sequence;
        this.#tell('following');
        group = this.#newGroup();
        commitCount = 0;
      }
    } catch (error) {
      throw withAdvice(error);
    } finally {
      feed.close();
    }
    await this.#apply(group, sequence, commitCount);
    this.#behind = 0;
    this.#tell('following');
  }

  #newGroup(): FoldedChanges {
    const { catalog } = this.#parts;
    const place = this.#place;
    const indexOf = new Map(catalog.map(({ number }, i) => [number, i]));
    const through = lastKeyOf(place);
    return new FoldedChanges((number): Reach => {
      const index = indexOf.get(number);
      if (index === undefined || index > place.doneCount) return 'none';
      if (index < place.doneCount) return 'all';
      const isInKeyOrder = catalog[index]?.record.tree === undefined;
      return isInKeyOrder && through !== undefined ? { through } : 'none';
    });
  }

  async #apply(group: FoldedChanges, since: number, commitCount: number): Promise<void> {
    const { writes, source } = this.#parts;
    const changes = group.changes(source.store.wallMs, (number) => writes.hasUnique(number));
    const before = this.#place;
    const after = { ...before, since, commitCount: before.commitCount + commitCount };
    await this.#write(changes, (count) => (count === changes.length ? after : before));
  }

  #isOfRows({ operations }: LoggedCommit): boolean {
    const { catalog } = this.#parts;
    return operations.some(({ key }) => {
      const number = keyspaceOf(key);
      return catalog.some((each) => each.number === number);
    });
  }

  /** Waits for a commit that is not applied yet. */
  async #untilNext(): Promise<void> {
    const { source, signal } = this.#parts;
    const feed = source.store.commits({ sequence: this.#place.since });
    try {
      for (;;) {
        const commit = await feed.next(true, signal);
        if (commit === undefined) throw abortedBy(signal, 'Migration was aborted');
        const isOfCatalog = commit.operations.some(
          ({ key }) => keyspaceOf(key) === SYSTEM_KEYSPACE,
        );
        if (isOfCatalog || this.#isOfRows(commit)) return;
      }
    } catch (error) {
      throw withAdvice(error);
    } finally {
      feed.close();
    }
  }

  // The end.

  /** migration-run/compared. */
  async #compare(state: SourceState): Promise<MigrationReport> {
    this.#tell('comparing');
    const { catalog, writes, source, target, isResumed, check, signal } = this.#parts;
    const context = { turns: this.#turns, check };
    const keyspaces = await writes.reading(
      (view, found) =>
        compareEnds(
          { view: state.view, catalog },
          { view, catalog: found },
          {
            ...context,
            nowMs: () => source.store.wallMs,
          },
        ),
      { ...context, view: state.view },
    );
    const verified = await target.db.verify(signal === undefined ? {} : { signal });
    const { copiedCount, commitCount } = this.#place;
    const isEqual = verified.isSound && keyspaces.every((keyspace) => keyspace.isEqual);
    if (isEqual) await writes.finish();
    return {
      isEqual,
      isResumed,
      sequence: state.sequence,
      copiedCount,
      commitCount,
      keyspaces,
      indexCount: verified.indexCount,
      problems: verified.problems.map(({ message }) => message),
      undeclaredIndexes: catalog.flatMap((keyspace) => undeclaredIndexes(copyOf(keyspace))),
    };
  }

  #tell(phase: MigrationProgress['phase']): void {
    const { copiedCount, commitCount, since: sequence } = this.#place;
    this.#parts.onProgress?.({ phase, copiedCount, commitCount, sequence, behind: this.#behind });
    this.#parts.check();
  }
}

function catalogChanged(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Keyspaces or indexes of the source have changed since the migration began: begin again with restart',
  );
}

/** What to do when the commits that come next are gone. */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof HistoryGoneError) || error instanceof AbortedError) return error;
  return new HistoryGoneError(
    `${error.message} (the source keeps too little history for a copy beside its writers: open it with the option ` +
      'history, or stop the writers, and begin again with restart)',
    error.oldestSequence,
    { cause: error },
  );
}
