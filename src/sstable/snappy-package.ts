/**
 * The snappy package, which is native code.
 *
 * Owns: when it is loaded, and from where: by the thread that compresses. An open that wants compression looks whether the
 * files are there, and loads the package where a look does not say enough: a load takes 15 milliseconds. A program that
 * compresses nothing runs without the package; what it reads, the decoder decompresses (snappy-decoder.ts).
 *
 * Bundlers do not see this import, because most of them refuse the native file. Programs that trace files do: the build
 * gives the calls a shape that they follow, and `make runtimes` says when it no longer serves.
 *
 * A bundle has moved away from the package's files, or has no address at all. So the main script of the process is the
 * second place from where the package is looked for. The current directory is no such place: what lies there may be
 * anyone's.
 *
 * Suspension: every function here is synchronous.
 */
import nodeModule from 'node:module';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type * as Snappy from 'snappy';
import { IncompatibleFormatError, IoError } from '../base/errors.ts';

export type SnappyPackage = Pick<typeof Snappy, 'compressSync'>;

const { createRequire } = nodeModule;
/** Bundlers that write CommonJS leave it undefined. */
const here = import.meta.url;

let loaded: SnappyPackage | undefined;
/** Written once, by the job worker, which runs from no file: the places that its owner knows. */
let given: readonly string[] = [];

/** In a job worker: the owner of a job has found the package, so that it is there. */
let isKnownToLoad = false;
/** The files were found. */
let isFound = false;

/** The ends that the package of a platform's binary has. */
const LIBRARY_ENDS = ['', '-gnu', '-musl', '-msvc', '-gnueabihf', '-musleabihf'];

/** True when the package was loaded, or its files were found. */
export function isSnappyFound(): boolean {
  return loaded !== undefined || isFound;
}

/**
 * Looks for the package and its binary of this platform, by names alone. False says little: some installers lay files out in
 * other ways. `exists` tells whether there is a file or directory of a path.
 */
export function findSnappy(exists: (path: string) => boolean): boolean {
  isFound ||=
    mayLoadNativeCode() && snappyPlaces().some((place) => directoriesAbove(place).some(hasFiles));
  return isFound;

  function hasFiles(directory: string): boolean {
    const snappy = `${directory}/node_modules/snappy`;
    if (!exists(`${snappy}/package.json`)) return false;
    const binary = `@napi-rs/snappy-${process.platform}-${process.arch}`;
    // Beside the package, also where that is a link, and within it. So `..` is left to the system.
    return LIBRARY_ENDS.some(
      (end) =>
        exists(`${snappy}/../${binary}${end}`) || exists(`${snappy}/node_modules/${binary}${end}`),
    );
  }
}

/**
 * Loads the package in a worker, ahead of its use, for a database that has found it. When it does not load here,
 * descriptors or memory are short; the block that needs it tries again, and then throws an IoError that is waited
 * out.
 */
export function prepareSnappy(): void {
  isKnownToLoad = true;
  try {
    loadSnappy();
  } catch {
    // The block that needs it is told.
  }
}

/** Throws IncompatibleFormatError when the package, or its binary for this platform, is not there. */
export function loadSnappy(): SnappyPackage {
  loaded ??= requireSnappy();
  return loaded;
}

/** Files from where the package may be found, for a worker thread. */
export function snappyPlaces(): string[] {
  const places: unknown[] = [here, process.argv[1], ...given];
  return places.filter((place) => typeof place === 'string' && place !== '') as string[];
}

export function setSnappyPlaces(places: readonly string[]): void {
  given = places;
}

function requireSnappy(): SnappyPackage {
  let failure: unknown;
  try {
    return createRequire(here)('snappy') as SnappyPackage;
  } catch (error) {
    failure = error;
  }
  for (const place of snappyPlaces()) {
    try {
      return createRequire(place)('snappy') as SnappyPackage;
    } catch (error) {
      if (!isAbsence(error)) failure = error; // the package is there and does not load: that says more
    }
  }
  if (isKnownToLoad) {
    const shortage = new Error('Package snappy did not load here', { cause: failure });
    throw new IoError('Package snappy cannot be loaded for now', {
      cause: Object.assign(shortage, { code: 'EAGAIN' }),
    });
  }
  throw new IncompatibleFormatError('Package snappy cannot be loaded, which compression needs', {
    cause: failure,
  });
}

/**
 * False where the process refuses native code, such as with `--no-addons` or `--permission`, and where it is no Node.js. A
 * call without a module to fill ends in a TypeError before anything is loaded.
 */
function mayLoadNativeCode(): boolean {
  try {
    process.dlopen({}, '');
  } catch (error) {
    return error instanceof TypeError;
  }
  return false;
}

/** Of a file, given by its path or address, from the nearest on. */
function directoriesAbove(place: string): string[] {
  const directories: string[] = [];
  let path = place.startsWith('file:') ? fileURLToPath(place) : resolve(place);
  while (dirname(path) !== path) directories.push((path = dirname(path)));
  return directories;
}

function isAbsence(error: unknown): boolean {
  const code: unknown = typeof error === 'object' && error !== null && Reflect.get(error, 'code');
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_INVALID_ARG_VALUE';
}
