/**
 * The catalog of keyspaces, as the owner keeps it for other threads.
 *
 * Owns: the changes that a thread asks for, and what keyspaces demand of its commits.
 *
 * Invariants:
 *   shared-catalog/builds-here: an index that a thread has asked for is built by the owner, which decodes rows as they are
 *       recorded. Rows of an encoding of the program's own wait for a handle of the owner.
 *
 * Suspension: `change` suspends as the call of the database does; `demand` is synchronous.
 */
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { SYSTEM_KEYSPACE } from '../bytes/keyspace-number.ts';
import type { CatalogCall } from '../threads/messages.ts';
import type { CatalogHost } from '../threads/thread-owner.ts';
import type { LateOperations } from '../txn/late-operations.ts';
import { isBuiltIn, recordedCodec } from './encoding.ts';
import type { Indexing } from './indexing.ts';
import type { KeyspaceRequest, Keyspaces } from './keyspaces.ts';
import { demandOf, type KeyspaceEntry, Space, type SpaceShare, stronger } from './space.ts';

/** The session of the owner, as its catalog needs it. */
export interface CatalogSession extends SpaceShare {
  readonly keyspaces: Keyspaces;
  readonly indexing: Indexing;
}

export class SharedCatalog implements CatalogHost {
  readonly #session: CatalogSession;

  constructor(session: CatalogSession) {
    this.#session = session;
  }

  demand(numbers: ReadonlySet<number>): LateOperations | undefined {
    const { keyspaces } = this.#session;
    let derived: LateOperations | undefined;
    for (const number of numbers) {
      if (number === SYSTEM_KEYSPACE) {
        throw new InvalidArgumentError('Threads do not write the keyspace of the system');
      }
      const entry = keyspaces.entryOf(number);
      if (entry === undefined || entry.isDropped) {
        throw new ClosedError(`Keyspace was dropped: name=${entry?.name ?? `#${number}`}`);
      }
      derived = stronger(derived, demandOf(entry, this.#session), this.#session);
    }
    return derived;
  }

  async change(call: CatalogCall): Promise<void> {
    const { keyspaces, indexing } = this.#session;
    this.#session.mustBeOpen();
    switch (call.change) {
      case 'open': {
        const request = call.request as Omit<KeyspaceRequest, 'functions'>; // a thread has checked it
        this.#build(await keyspaces.open(call.name, { ...request, functions: new Map() }));
        return;
      }
      case 'rename':
        return keyspaces.rename(call.name, call.to);
      case 'drop':
        return keyspaces.drop(call.name);
      case 'drop-index': {
        const entry = keyspaces.entryOf(call.number);
        if (entry === undefined) throw new ClosedError('Keyspace was dropped');
        return keyspaces.dropIndex(entry, call.index);
      }
      case 'ready':
        for (const { rows } of keyspaces.indexed()) {
          const index = rows.indexes.find(({ number }) => number === call.number);
          if (index !== undefined) await indexing.ready(index);
        }
    }
  }

  /** Keeps shared-catalog/builds-here. */
  #build(entry: KeyspaceEntry): void {
    if (entry.indexed?.indexes.some(({ isBuilding }) => isBuilding) !== true) return;
    const { keyEncoding, valueEncoding } = this.#session.keyspaces.recordedNames(entry.number);
    const isKnown = [keyEncoding, valueEncoding].every(
      (name) => name === undefined || isBuiltIn(name),
    );
    if (!isKnown) return;
    const { space } = entry;
    const codecs = { key: recordedCodec(keyEncoding), value: recordedCodec(valueEncoding) };
    const own = new Space(entry, this.#session, codecs);
    if (space !== undefined) entry.space = space; // that of a handle knows more
    this.#session.indexing.attach(own, new Map());
  }
}
