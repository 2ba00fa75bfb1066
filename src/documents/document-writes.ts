/**
 * What writes of documents share.
 *
 * Owns: the functions that run in the step of a commit, and their refusals.
 *
 * Suspension: everything here is synchronous.
 */
import type { Update } from '../index.ts';
import type { DocumentCodec } from './codec.ts';
import { DocumentError, shown } from './document-error.ts';
import { parsePatch } from './patch.ts';
import type { Stored } from './rows.ts';

/** The update of a patch: it reads the newest document, and the schema checks what it makes. */
export function patchUpdate(
  codec: DocumentCodec,
  collection: string,
  id: string,
  patch: unknown,
): Update<Stored> {
  const apply = parsePatch(patch);
  return (current) => {
    if (current === undefined) throw notFound(collection, id);
    const { id: _, ...fields } = apply({ ...current });
    return codec.checked(id, fields);
  };
}

export function idExists(collection: string, id: string): DocumentError {
  return new DocumentError(
    'ID_EXISTS',
    `A document has this id: use replace or patch: collection=${collection} id=${shown(id)}`,
  );
}

export function notFound(collection: string, id: string): DocumentError {
  return new DocumentError(
    'NOT_FOUND',
    `There is no document of this id: collection=${collection} id=${shown(id)}`,
  );
}
