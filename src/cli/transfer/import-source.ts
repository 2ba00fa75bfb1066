/**
 * What an import reads.
 *
 * Owns: the shape that files and other engines share, the forms that `--keys` and `--values` name, and loading the
 * package of another engine.
 *
 * Suspension: as each method says.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { systemCodeOf } from '../../base/errors.ts';
import { UsageError } from '../../programs/outcome.ts';
import type { TransferKeyspace } from '../../migrate/keyspace-copy.ts';
import type { PlacedItem, Position } from './items.ts';

/** What keys or values are said to be: `bytes` records no encoding. */
export type SaidForm = 'bytes' | 'text' | 'tuple' | 'json';

export interface ImportSource {
  /** As reports name it. */
  readonly name: string;
  /** The same for the same source, unlike those of others: by it an import is told that goes on. */
  readonly fingerprint: string;
  /** True when it says itself where it ends, with counts and checksums. */
  readonly hasEnds: boolean;
  /** All keyspaces that it has entries for. */
  readonly keyspaces: readonly TransferKeyspace[];
  /** The items from a position on; undefined for all. */
  items(from: Position): AsyncIterable<PlacedItem>;
  close(): Promise<void>;
}

/** What the command line says of a source that is no export. */
export interface SaidOfEntries {
  readonly into: string;
  readonly keys: SaidForm | undefined;
  readonly values: SaidForm | undefined;
  readonly tables: readonly string[];
}

const ENCODINGS: Readonly<Record<SaidForm, string | undefined>> = {
  bytes: undefined,
  text: 'utf8',
  tuple: 'tuple',
  json: 'json',
};

/** The keyspace of entries that are of these forms. */
export function keyspaceSaid(name: string, keys: SaidForm, values: SaidForm): TransferKeyspace {
  const keyEncoding = ENCODINGS[keys];
  const valueEncoding = ENCODINGS[values];
  return {
    name,
    ...(keyEncoding === undefined ? {} : { keyEncoding }),
    ...(valueEncoding === undefined ? {} : { valueEncoding }),
  };
}

/**
 * A package of the project in the working directory, or beside this one. Throws UsageError that says what to install.
 * `Shape` is what of it is used.
 */
export async function loadPackage<Shape>(name: string, purpose: string): Promise<Shape> {
  for (const base of [join(process.cwd(), 'package.json'), import.meta.url]) {
    let path: string;
    try {
      path = createRequire(base).resolve(name);
    } catch (error) {
      if (systemCodeOf(error) === 'MODULE_NOT_FOUND') continue;
      throw error;
    }
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return { ...(module.default as object | undefined), ...module } as Shape;
  }
  throw new UsageError(
    `${purpose} needs the package '${name}', which is not installed here: npm install ${name}`,
  );
}
