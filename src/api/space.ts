/**
 * A space: one keyspace as the calls of this folder use it.
 *
 * Owns: whether the keyspace is there, and the reader and the translator for its types. Each handle of a keyspace has a
 * space of its own; those of one keyspace share its entry (keyspaces.ts).
 *
 * Invariants:
 *   space/no-write-after-drop: no commit with a write to a keyspace has its place after that of its drop. The guard of
 *       a commit looks in the step that gives the commit its place. So nothing comes to lie under a number that is gone.
 *
 * Suspension: everything here is synchronous.
 */
import { type ExpiryOptions, expiryOf } from './expiry-options.ts';
import type { Taken } from '../base/options.ts';
import { NEVER } from '../bytes/expiry.ts';
import { ClosedError } from '../base/errors.ts';
import { keyspaceHead, keyspaceRange } from '../bytes/keyspace-number.ts';
import type { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import type { IndexMaintenance } from '../indexes/index-maintenance.ts';
import type { IndexedRows } from '../indexes/live-index.ts';
import type { LateOperations } from '../txn/late-operations.ts';
import { type Codec, viewCodec } from './encoding.ts';
import { Reader, type ReaderShare } from './reader.ts';
import { type KeyPlace, Translator } from './translator.ts';

/** What the handles of one keyspace share. */
export interface KeyspaceEntry {
  readonly number: number;
  /** Changed by a rename. */
  name: string;
  /** How long an entry lives that says nothing of it, in milliseconds; NEVER: without end. Changed by an open. */
  ttlMs: number;
  /** True once its drop has a place in the commit order. */
  isDropped: boolean;
  /** Its indexes; undefined for none. */
  indexed: IndexedRows | undefined;
  /** Undefined for a keyspace that is written as usual. */
  readonly appendOnly: AppendOnlyRows | undefined;
  /** The newest space of it, which knows how to decode its keys; undefined before the first. */
  space: Space<unknown, unknown> | undefined;
}

/** What the keyspaces of one database share. */
export interface SpaceShare extends ReaderShare {
  /** Throws ClosedError after the close of the database. */
  mustBeOpen(): void;
  /** The time by which entries expire: milliseconds since 1970. */
  readonly wallMs: number;
  /** Keeps indexes beside their rows. */
  readonly maintenance: IndexMaintenance;
  /** Keeps append-only keyspaces, and then indexes. */
  readonly keeping: LateOperations;
}

export class Space<K, V> {
  readonly entry: KeyspaceEntry;
  readonly share: SpaceShare;
  readonly translator: Translator<K, V>;
  readonly reader: Reader<K, V>;
  /** Throws ClosedError when database or keyspace is gone. */
  readonly mustBeOpen: () => void;
  /** Throws ClosedError when the keyspace is gone; for space/no-write-after-drop. */
  readonly mustExist: () => void;
  /** The guard of a commit: looks as `mustExist` does, and demands what indexes need. */
  readonly guard: () => LateOperations | undefined;

  constructor(
    entry: KeyspaceEntry,
    share: SpaceShare,
    codecs: { readonly key: Codec<K>; readonly value: Codec<V> },
    place: KeyPlace = placeOf(entry.number),
  ) {
    this.entry = entry;
    this.share = share;
    this.mustExist = () => {
      if (entry.isDropped) throw new ClosedError(`Keyspace was dropped: name=${entry.name}`);
    };
    this.guard = () => {
      this.mustExist();
      return this.derived;
    };
    this.mustBeOpen = () => {
      share.mustBeOpen();
      this.mustExist();
    };
    this.translator = new Translator(codecs.key, codecs.value, place, this.mustBeOpen);
    this.reader = new Reader(share, this.translator);
    entry.space = this; // errors decode keys with it
  }

  /** What a commit to the keyspace must bring with it; undefined without indexes, in a keyspace that is written as usual. */
  get derived(): LateOperations | undefined {
    return demandOf(this.entry, this.share);
  }

  /** When an entry expires that is written now: NEVER, or milliseconds since 1970. Throws InvalidArgumentError. */
  expiryOf(options: Taken<ExpiryOptions> | undefined): number {
    const asked = options && expiryOf(options, () => this.share.wallMs);
    if (asked !== undefined) return asked;
    const { ttlMs } = this.entry;
    return ttlMs === NEVER ? NEVER : this.share.wallMs + ttlMs;
  }
}

/** A reader of the keyspace with this number, as bytes: of what the engine keeps beside the keyspaces of users. */
export function bytesReader(share: SpaceShare, number: number): Reader<Uint8Array, Uint8Array> {
  const place = placeOf(number);
  const translator = new Translator(viewCodec, viewCodec, place, () => share.mustBeOpen());
  return new Reader(share, translator);
}

/** The guard of a commit to several keyspaces. */
export function guardOf(
  spaces: Iterable<Space<unknown, unknown>>,
): () => LateOperations | undefined {
  return () => {
    let derived: LateOperations | undefined;
    for (const space of spaces) derived = stronger(derived, space.guard(), space.share);
    return derived;
  };
}

/** What a commit to several keyspaces must bring with it, as known now. */
export function derivedOf(spaces: Iterable<Space<unknown, unknown>>): LateOperations | undefined {
  let derived: LateOperations | undefined;
  for (const space of spaces) derived = stronger(derived, space.derived, space.share);
  return derived;
}

/** What a commit to a keyspace must bring with it. */
export function demandOf(
  { indexed, appendOnly }: KeyspaceEntry,
  { maintenance, keeping }: Pick<SpaceShare, 'maintenance' | 'keeping'>,
): LateOperations | undefined {
  if (appendOnly !== undefined) return keeping;
  return indexed === undefined ? undefined : maintenance;
}

/** The demand of two keyspaces: each looks at the whole commit, and one of them keeps indexes too. */
export function stronger(
  one: LateOperations | undefined,
  other: LateOperations | undefined,
  { keeping }: Pick<SpaceShare, 'keeping'>,
): LateOperations | undefined {
  return one === keeping ? one : (other ?? one);
}

export function placeOf(number: number): KeyPlace {
  return { head: keyspaceHead(number), range: keyspaceRange(number) };
}
