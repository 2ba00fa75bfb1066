/**
 * Moving a whole database from one place to another.
 *
 * Owns: the public `migrate`, its options, and what is refused before a byte is written.
 *
 * What a kill leaves: a target that the next call with the same ends goes on with (migration-run/resumed).
 *
 * Invariants:
 *   migrate/refused-first: what the target cannot hold, and a target that is not empty, are refused by name before
 *       anything is written.
 *
 * Suspension: `migrate` suspends.
 */
import { InvalidArgumentError, UnsupportedError } from '../base/errors.ts';
import { describe } from '../base/describe.ts';
import { keepingAlive } from '../base/liveness.ts';
import { checkBoolean, checkSignal, takeOptions, type Template } from '../base/options.ts';
import { TurnBudget } from '../base/turn-budget.ts';
import { stopCheckOf } from '../engine/state/long-calls.ts';
import { digestOf, type KnownKeyspace, mustBeHeld, mustFit } from './catalog-at.ts';
import {
  forgetEnd,
  type KnownEnd,
  knownEnd,
  limitsOf,
  type MigrationEnd,
  type OpenEnd,
  openSource,
  openTarget,
  openToLook,
} from './ends.ts';
import {
  atNewest,
  type MigrationProgress,
  type MigrationReport,
  MigrationRun,
  type SourceState,
} from './migration-run.ts';
import { firstPlace, type PlaceRecord } from './place.ts';
import { LOT_SIZES, type LotSizes } from './rows.ts';
import { type FoundTarget, lookAt, MigrationTarget } from './target.ts';

/** Options of `migrate`. */
export interface MigrateOptions {
  /** Copies one state of the source, and applies no commits that come after it. Default false. */
  readonly once?: boolean;
  /**
   * Goes on applying the commits of the source until `signal` is aborted, and then rejects with AbortedError. The next call
   * without it ends the migration. Default false.
   */
  readonly follow?: boolean;
  /** Deletes what an earlier migration that did not end has written to the target, and begins again. Default false. */
  readonly restart?: boolean;
  /** Hears how far it is. */
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Ends the call with AbortedError. The next one goes on from there. */
  readonly signal?: AbortSignal;
}

const MIGRATE_OPTIONS: Template<MigrateOptions> = {
  once: undefined,
  follow: undefined,
  restart: undefined,
  onProgress: undefined,
  signal: undefined,
};

interface Settings {
  readonly isOnce: boolean;
  readonly isFollowing: boolean;
  readonly isRestarting: boolean;
  readonly onProgress: ((progress: MigrationProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly check: () => void;
  readonly sizes: LotSizes;
}

/**
 * Moves a database from one end to another: all keyspaces with their options, indexes by paths, and entries with the times
 * at which they expire. The source may be written to meanwhile: its commits are applied to the copy until nothing is left.
 * At the end counts and checksums of all keyspaces are compared, and the indexes of the target verified.
 *
 * The target is empty, or holds an earlier migration of this source that did not end: then this one goes on with it, also
 * after a kill at any moment. The source is only read; one on servers gets a mark of the stream of its changes. What the
 * report calls `undeclaredIndexes` the program declares again.
 *
 * Rejects before anything is written with UnsupportedError for what the target cannot hold, such as an append-only keyspace
 * or a value that is too large, and with InvalidArgumentError for a target that is not empty. Later with HistoryGoneError when
 * the source keeps too little history, InvalidArgumentError when its keyspaces have changed, AbortedError, and as reads and
 * writes of both ends do.
 *
 * @example
 * const source = await open('./small', { keyEncoding: 'utf8', valueEncoding: 'utf8' });
 * await source.put('a', 'one');
 * const report = await migrate('./small', './moved'); // or 'postgres://127.0.0.1/ledger'
 * await source.close();
 * report.isEqual; // => true
 */
export function migrate(
  from: MigrationEnd,
  to: MigrationEnd,
  options?: MigrateOptions,
): Promise<MigrationReport> {
  return migrateInLots(from, to, options, LOT_SIZES);
}

/** The same in lots of other sizes. */
export async function migrateInLots(
  from: MigrationEnd,
  to: MigrationEnd,
  options: MigrateOptions | undefined,
  sizes: LotSizes,
): Promise<MigrationReport> {
  const settings = { ...settingsOf(options), sizes };
  return keepingAlive(async () => {
    const source = await knownEnd('from', from);
    let target: KnownEnd | undefined;
    let open: OpenEnd | undefined;
    try {
      target = await knownEnd('to', to);
      mustDiffer(source, target);
      mustTell(source, settings);
      open = await openSource(source);
      return await moveTo(target, open, settings);
    } finally {
      await open?.db.close();
      await forgetEnd(source);
      if (target !== undefined) await forgetEnd(target);
    }
  });
}

function settingsOf(given: MigrateOptions | undefined): Omit<Settings, 'sizes'> {
  const options = takeOptions('migrate', given, MIGRATE_OPTIONS);
  const { onProgress } = options;
  const signal = checkSignal(options.signal);
  const isOnce = checkBoolean('once', options.once ?? false);
  const isFollowing = checkBoolean('follow', options.follow ?? false);
  const isRestarting = checkBoolean('restart', options.restart ?? false);
  if (isOnce && isFollowing) {
    throw new InvalidArgumentError('Options once and follow exclude each other');
  }
  if (isFollowing && signal === undefined) {
    throw new InvalidArgumentError('Option follow needs a signal, which ends it');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidArgumentError(
      `Option onProgress must be a function: found=${describe(onProgress)}`,
    );
  }
  const check = stopCheckOf('Migration', signal);
  return { isOnce, isFollowing, isRestarting, onProgress, signal, check };
}

function mustDiffer(source: KnownEnd, target: KnownEnd): void {
  const isSame =
    source.kind === 'directory' && target.kind === 'directory'
      ? source.location === target.location && source.options.vfs === target.options.vfs
      : source.kind === 'servers' && target.kind === 'servers' && source.backend === target.backend;
  if (!isSame) return;
  throw new InvalidArgumentError(`Source and target are the same: location=${source.location}`);
}

/** Throws UnsupportedError for servers that tell no changes. */
function mustTell(source: KnownEnd, { isOnce }: Settings): void {
  if (isOnce || source.kind === 'directory' || source.backend.capabilities.canWatch) return;
  throw new UnsupportedError(
    `Source tells no changes: name=${source.backend.name}; stop its writers, and copy it with once`,
  );
}

/** Moves the open source. */
async function moveTo(
  target: KnownEnd,
  source: OpenEnd,
  settings: Settings,
): Promise<MigrationReport> {
  const { isOnce, isFollowing } = settings;
  const begin = (state: SourceState, catalog: readonly KnownKeyspace[]): Promise<Begun> =>
    beginAt(target, source, { state, catalog }, settings);
  if (isOnce) {
    return atNewest(source, settings, async (state, catalog) =>
      ended(await begin(state, catalog), (run) => run.once(state)),
    );
  }
  const begun = await atNewest(source, settings, begin);
  return ended(begun, (run) => (isFollowing ? run.follow() : run.online()));
}

interface Begun {
  readonly run: MigrationRun;
  readonly open: OpenEnd;
}

async function ended<T>({ run, open }: Begun, use: (run: MigrationRun) => Promise<T>): Promise<T> {
  try {
    return await use(run);
  } finally {
    await open.db.close();
  }
}

/** Keeps migrate/refused-first, and makes the target ready. */
async function beginAt(
  target: KnownEnd,
  source: OpenEnd,
  begin: { readonly state: SourceState; readonly catalog: readonly KnownKeyspace[] },
  settings: Settings,
): Promise<Begun> {
  const { state, catalog } = begin;
  const { check } = settings;
  const limits = limitsOf(target);
  mustBeHeld(catalog, limits);
  const first = firstPlace(nameOf(source), digestOf(catalog), state.sequence);
  const context = { view: state.view, turns: new TurnBudget(source.store.clock), check };
  let looked: OpenEnd | undefined;
  let open: OpenEnd | undefined;
  try {
    looked = await openToLook(target);
    const found = looked && (await lookAt(looked, context));
    const left = placeLeft(found, first, settings);
    if (left?.state !== 'moving' && limits !== undefined) {
      const { copiedCount, commitCount, since: sequence } = first;
      settings.onProgress?.({ phase: 'checking', copiedCount, commitCount, sequence, behind: 0 });
      await mustFit(catalog, limits, context);
    }
    open = await openTarget(target, looked, source.store.encodings);
    const writes = new MigrationTarget(open, limits, { check, countMax: settings.sizes.countMax });
    if (left?.state === 'clearing') await writes.clear(left);
    const isResumed = left?.state === 'moving';
    await writes.begin(catalog, isResumed ? undefined : first);
    const parts = { ...settings, source, target: open, writes, catalog, isResumed };
    return { run: new MigrationRun({ ...parts, place: isResumed ? left : first }), open };
  } catch (error) {
    await open?.db.close();
    await looked?.db.close();
    throw error;
  }
}

/** The place of an earlier run of this migration; undefined for an empty target. Throws InvalidArgumentError. */
function placeLeft(
  found: FoundTarget | undefined,
  first: PlaceRecord,
  { isRestarting }: Settings,
): PlaceRecord | undefined {
  if (found === undefined) return undefined;
  const { place, isEmpty } = found;
  if (place === undefined) {
    if (isEmpty) return undefined;
    throw new InvalidArgumentError(
      'Target is not empty: move into a directory that is not there yet, or another name on the servers',
    );
  }
  if (isRestarting) {
    const { appendOnly } = found;
    if (appendOnly.length === 0) return { ...place, state: 'clearing' };
    throw new InvalidArgumentError(
      `Target has append-only keyspaces, which are never dropped: keyspaces=${appendOnly.join(',')}; ` +
        'move into another directory',
    );
  }
  if (place.source !== first.source) {
    throw new InvalidArgumentError(
      `Target holds a migration of another source that did not end: source=${place.source}; begin again with restart`,
    );
  }
  if (place.state === 'moving' && place.catalog !== first.catalog) {
    throw new InvalidArgumentError(
      'Keyspaces or indexes of the source have changed since the migration began: begin again with restart',
    );
  }
  return place;
}

/** No other database has this name. */
function nameOf({ store }: OpenEnd): string {
  return store.databaseId === '' ? store.location : store.databaseId;
}
