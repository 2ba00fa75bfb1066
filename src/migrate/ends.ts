/**
 * The two ends of a migration: where a database is moved from, and where to.
 *
 * Owns: what may be named as an end, and how each is opened. The source is opened for reading alone: a directory beside the
 * process that writes it, if there is one.
 *
 * Suspension: everything here suspends, but for `mustBeEnd`.
 */
import { join, resolve } from 'node:path';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { systemClock } from '../base/clock.ts';
import { hasMethods, type Taken, takeOptions, type Template } from '../base/options.ts';
import { connectBackend, schemeOf } from '../api/backend-entries.ts';
import type { Database } from '../api/database.ts';
import { openParts } from '../api/open.ts';
import { openBackendParts } from '../api/open-backend.ts';
import type { EncryptionOptions } from '../encryption/encryption-options.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { Backend, BackendCapabilities } from '../remote/backend.ts';
import { bindEncodings } from '../remote/remote-encodings.ts';
import type { Store } from '../store/contract.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';

/** A directory as an end of a migration. */
export interface MigrationDirectory {
  /** The path of the directory. */
  readonly location: string;
  /** The key of an encrypted database. A new database is encrypted when it is given. */
  readonly encryption?: EncryptionOptions;
  /** Where its files live; the operating system's by default. */
  readonly vfs?: Vfs;
}

/**
 * An end of a migration: what `open` takes, which is a directory or a connection string; a directory with options; or a
 * backend, which is closed at the end.
 */
export type MigrationEnd = string | MigrationDirectory | Backend;

const DIRECTORY: Template<Partial<MigrationDirectory>> = {
  location: undefined,
  encryption: undefined,
  vfs: undefined,
};

const NOTHING_RECORDED: RecordedEncodings = { key: undefined, value: undefined };

/** A database that is open, with its store. */
export interface OpenEnd {
  /** Of bytes. */
  readonly db: Database;
  readonly store: Store & StoreUpkeep;
}

/** An end that is not open yet. */
export type KnownEnd =
  | { readonly kind: 'directory'; readonly location: string; readonly options: FileOptions }
  | { readonly kind: 'servers'; readonly location: string; readonly backend: Backend };

interface FileOptions {
  readonly encryption?: EncryptionOptions;
  readonly vfs?: Vfs;
}

/** Connects to servers; a directory is only named. Rejects as `open` does. */
export async function knownEnd(name: string, given: MigrationEnd): Promise<KnownEnd> {
  if (isBackend(given)) return { kind: 'servers', location: given.location, backend: given };
  const { location, encryption, vfs } =
    typeof given === 'string' ? { ...DIRECTORY, location: given } : directoryOf(given);
  const isPath = typeof location === 'string' && location !== '' && !location.includes('\0');
  if (!isPath) {
    throw new InvalidArgumentError(
      `End of a migration must be a path, a connection string or a backend: end=${name} found=${describe(location)}`,
    );
  }
  const scheme = schemeOf(location);
  if (scheme === undefined) {
    const options = {
      ...(encryption === undefined ? {} : { encryption }),
      ...(vfs === undefined ? {} : { vfs }),
    };
    return { kind: 'directory', location: resolve(location), options };
  }
  if (encryption !== undefined || vfs !== undefined) {
    throw new InvalidArgumentError(
      `Options encryption and vfs are of directories alone: end=${name} scheme=${scheme}://`,
    );
  }
  const backend = await connectBackend(scheme, location);
  return { kind: 'servers', location: backend.location, backend };
}

function isBackend(given: MigrationEnd): given is Backend {
  return typeof given === 'object' && hasMethods(given, ['snapshot', 'commit', 'watch', 'close']);
}

function directoryOf(given: MigrationDirectory): Taken<Partial<MigrationDirectory>> {
  return takeOptions<Partial<MigrationDirectory>>('an end of a migration', given, DIRECTORY);
}

/** What servers can hold; undefined for a directory, which holds whatever a database has. */
export function limitsOf(end: KnownEnd): BackendCapabilities | undefined {
  return end.kind === 'servers' ? end.backend.capabilities : undefined;
}

/** Ends the connections of an end that is not open. */
export async function forgetEnd(end: KnownEnd): Promise<void> {
  if (end.kind === 'servers') await end.backend.close();
}

/** Opens the source. Nothing of it is changed. */
export function openSource(end: KnownEnd): Promise<OpenEnd> {
  if (end.kind === 'servers') return openBackendParts(end.backend);
  return openParts(end.location, { ...end.options, follow: true }, NOTHING_RECORDED);
}

/**
 * Opens the target as far as that writes nothing; undefined for a directory without a database. Of servers it is the one
 * that `openTarget` takes over.
 */
export async function openToLook(end: KnownEnd): Promise<OpenEnd | undefined> {
  if (end.kind === 'servers') return openBackendParts(end.backend);
  const { vfs = new NodeVfs() } = end.options;
  if (!vfs.exists(join(end.location, 'CURRENT'))) return undefined;
  return openParts(end.location, { ...end.options, readOnly: true }, NOTHING_RECORDED);
}

/** Opens the target for writing. It records the encodings of the database's own entries. */
export async function openTarget(
  end: KnownEnd,
  looked: OpenEnd | undefined,
  recorded: RecordedEncodings,
): Promise<OpenEnd> {
  if (end.kind === 'servers') {
    await bindEncodings(end.backend, recorded, systemClock.wallMs());
    return looked ?? openBackendParts(end.backend);
  }
  await looked?.db.close();
  return openParts(end.location, end.options, recorded);
}
