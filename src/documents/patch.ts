/**
 * Patches: changes of some fields of a document.
 *
 * Owns: the words of a patch, and the function from a document to the patched one, which runs in the step of its commit.
 *
 * Invariants:
 *   patch/pure: the function depends on the document alone. The patch is copied at the call, and what it is given stays as it
 *       is, so the function may run again.
 *   patch/one-word-a-path: no two parts of a patch touch one path, nor a path and one within it. So their order says nothing.
 *
 * Suspension: everything here is synchronous.
 */
import { copyValue } from './document-encoding.ts';
import { DocumentError, shown } from './document-error.ts';
import { parsePlainPath, type Path } from './paths.ts';
import { isPlainObject } from './values.ts';

/** What a patch changes. The names of its objects are fields, or paths such as `'address.city'`. */
export interface Patch<T> {
  /** Values that replace what is there. Objects on the way are made where they are missing. */
  readonly set?: { readonly [P in keyof T & string]?: T[P] } & {
    readonly [path: `${string}.${string}`]: unknown;
  };
  /** Paths that are removed. A missing one is no error. */
  readonly unset?: readonly string[];
  /** Numbers or bigints that are added; what is missing counts as 0. */
  readonly increment?: Readonly<Record<string, number | bigint>>;
  /** Values that are appended to arrays; what is missing counts as an empty one. */
  readonly push?: Readonly<Record<string, unknown>>;
}

type Fields = Record<string, unknown>;

/** Computes the next value at a path from the one that is there; undefined removes it. */
type Change = (current: unknown) => unknown;

interface Step {
  readonly path: Path;
  readonly change: Change;
  /** Nothing is made on the way to what is removed. */
  readonly isRemoval: boolean;
}

const WORDS: ReadonlySet<string> = new Set(['set', 'unset', 'increment', 'push']);

/** The function of a patch. Throws a DocumentError `INVALID_PATCH`; the function throws `PATCH_MISMATCH`. */
export function parsePatch(patch: unknown): (document: Fields) => Fields {
  if (!isPlainObject(patch)) throw invalid(`Patch must be an object: found=${shown(patch)}`);
  const unknown = Object.keys(patch).find((word) => !WORDS.has(word));
  if (unknown !== undefined) throw invalid(`Patch has no such word: found=${unknown}`);
  const steps = [
    ...setSteps(fieldsOf('set', patch['set'])),
    ...removalSteps(patch['unset']),
    ...incrementSteps(fieldsOf('increment', patch['increment'])),
    ...pushSteps(fieldsOf('push', patch['push'])),
  ];
  if (steps.length === 0) throw invalid('Patch changes nothing');
  mustBeApart(steps.map(({ path }) => path));
  return (document) => steps.reduce<Fields>((patched, step) => applied(patched, step, 0), document);
}

function fieldsOf(word: string, fields: unknown): [string, unknown][] {
  if (fields === undefined) return [];
  if (!isPlainObject(fields)) throw invalid(`${word} must be an object: found=${shown(fields)}`);
  return Object.entries(fields);
}

function setSteps(fields: [string, unknown][]): Step[] {
  return fields.map(([text, given]) => {
    const path = pathOf(text);
    if (given === undefined) throw invalid(`set has no value, use unset: path=${text}`);
    const value = copied(path, given);
    return { path, change: () => value, isRemoval: false };
  });
}

function removalSteps(paths: unknown): Step[] {
  if (paths === undefined) return [];
  if (!Array.isArray(paths))
    throw invalid(`unset must be an array of paths: found=${shown(paths)}`);
  return paths.map((text) => ({ path: pathOf(text), change: () => undefined, isRemoval: true }));
}

function incrementSteps(fields: [string, unknown][]): Step[] {
  return fields.map(([text, by]) => {
    const path = pathOf(text);
    if (typeof by !== 'bigint' && !Number.isFinite(by)) {
      throw invalid(`increment takes a finite number or a bigint: path=${text} found=${shown(by)}`);
    }
    return {
      path,
      change: (current) => sum(path, current, by as number | bigint),
      isRemoval: false,
    };
  });
}

function sum(path: Path, current: unknown, by: number | bigint): number | bigint {
  if (current === undefined) return by;
  if (typeof current === 'number' && typeof by === 'number') return current + by;
  if (typeof current === 'bigint' && typeof by === 'bigint') return current + by;
  throw mismatch(path.text, `increment by a ${typeof by}`, current);
}

function pushSteps(fields: [string, unknown][]): Step[] {
  return fields.map(([text, given]) => {
    const path = pathOf(text);
    if (given === undefined) throw invalid(`push has no value: path=${text}`);
    const value = copied(path, given);
    const change = (current: unknown): unknown => {
      if (current === undefined) return [value];
      if (Array.isArray(current)) return [...(current as unknown[]), value];
      throw mismatch(text, 'push', current);
    };
    return { path, change, isRemoval: false };
  });
}

function pathOf(text: unknown): Path {
  const path = parsePlainPath(text, 'INVALID_PATCH');
  if (path.names[0] !== 'id') return path;
  throw invalid('Patch must not change the id: insert another document, and delete this one');
}

function copied(path: Path, value: unknown): unknown {
  try {
    return copyValue(value);
  } catch (error) {
    throw new DocumentError(
      'INVALID_DOCUMENT',
      `Patch holds what no document holds: path=${path.text} found=${shown(value)}`,
      { cause: error },
    );
  }
}

function mustBeApart(paths: readonly Path[]): void {
  const texts = paths.map(({ text }) => text).sort();
  for (const [i, text] of texts.entries()) {
    const other = texts.find((each, j) => i !== j && `${each}.`.startsWith(`${text}.`));
    if (other !== undefined)
      throw invalid(`Patch says two things of one path: ${text} and ${other}`);
  }
}

/** A copy of the objects on the way, and the change at its end. */
function applied(fields: Fields, step: Step, depth: number): Fields {
  const { path, change, isRemoval } = step;
  const name = path.names[depth]!; // a path has one name at least
  const current = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (depth < path.names.length - 1) {
    if (current === undefined && isRemoval) return fields;
    if (current !== undefined && !isPlainObject(current)) {
      if (isRemoval) return fields;
      throw mismatch(path.names.slice(0, depth + 1).join('.'), 'a path through it', current);
    }
    return { ...fields, [name]: applied(current ?? {}, step, depth + 1) };
  }
  const next = change(current);
  if (next !== undefined) return { ...fields, [name]: next };
  return Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name));
}

function mismatch(path: string, what: string, found: unknown): DocumentError {
  return new DocumentError(
    'PATCH_MISMATCH',
    `Patch does not fit the document: ${what}: path=${path} found=${shown(found)}`,
  );
}

function invalid(message: string): DocumentError {
  return new DocumentError('INVALID_PATCH', message);
}
