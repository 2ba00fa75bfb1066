/**
 * The versions of FoundationDB, as numbers.
 *
 * Owns: how the 8 bytes of the client become a number of the seam and back, and how versions count time. The cluster adds
 * about a million to its version in a second, so 2^53 lasts for 285 years. A recovery of the cluster adds up to a hundred
 * million at once: then less time has passed than the versions say.
 *
 * Suspension: everything here is synchronous.
 */
import { IncompatibleFormatError } from '../index.ts';

export const VERSION_SIZE_BYTES = 8;
/** A versionstamp: a version, and the place of the commit among those of that version. */
export const STAMP_SIZE_BYTES = 10;
const VERSIONS_PER_MS = 1000;

/** The version that the first 8 bytes are. */
export function versionOf(bytes: Buffer): number {
  const version = bytes.readBigUInt64BE(0);
  if (version <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(version);
  throw new IncompatibleFormatError(
    `Cluster has come to a version that is no exact number here: version=${version} max=2^53`,
  );
}

export function versionBytes(version: number): Buffer {
  const bytes = Buffer.alloc(VERSION_SIZE_BYTES);
  bytes.writeBigUInt64BE(BigInt(Math.max(0, version)));
  return bytes;
}

/** The version of about so many milliseconds before another; 0 at least. */
export function versionBefore(version: number, ms: number): number {
  return Math.max(0, version - ms * VERSIONS_PER_MS);
}
