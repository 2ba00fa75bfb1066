/**
 * The rules for invariants, as functions from sources to the ways in which they break one.
 *
 * Owns: what an invariant looks like in the header of a file, and the four rules: its name is made of words, no other
 * file has the name, a test cites it, and every citation names one that there is.
 *
 *      /**
 *       * Invariants:
 *       *   log-writer/no-gap: after `append` has thrown, ...        file or part of it / claim
 *       *   L2. after `append` has thrown, ...                       a letter says nothing: refused
 *
 * A waiver names a file, a folder (with a slash at its end) or an invariant, and says why. One that is not needed is
 * refused, so the lists only shrink.
 */
import { eachLine, type SourceFile, type TextFile, type Waivers } from './tidy-rules.ts';

export interface Invariant {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

const ENTRY = /^ \* {3}([a-z0-9]+(?:-[a-z0-9]+)*\/[a-z0-9]+(?:-[a-z0-9]+)*):/;
const LETTER_ENTRY = /^ \* {3}([A-Z]{1,2}\d+)\. /;
const HEADER = /^(?:#!.*\n)?\/\*[\s\S]*?\*\//;

function headerLines({ text }: TextFile): string[] {
  return (HEADER.exec(text)?.[0] ?? '').split('\n');
}

/** Every invariant that the header of a file states by a name of words. */
export function invariantsOf(files: readonly TextFile[]): Invariant[] {
  return files.flatMap((file) =>
    headerLines(file).flatMap((text, index) => {
      const name = ENTRY.exec(text)?.[1];
      return name === undefined ? [] : [{ name, path: file.path, line: index + 1 }];
    }),
  );
}

/** Invariants named by a letter and a number. */
export function numbersInvariants(files: readonly SourceFile[], waivers: Waivers = {}): string[] {
  const found = files.flatMap((file) =>
    headerLines(file).flatMap((text, index) => {
      const label = LETTER_ENTRY.exec(text)?.[1];
      return label === undefined ? [] : [{ path: file.path, line: index + 1, label }];
    }),
  );
  return [
    ...found
      .filter(({ path }) => !isWaived(path, waivers))
      .map(({ path, line, label }) => `${path}:${line} names an invariant ${label}: use words`),
    ...unneeded(waivers, (place) => found.some(({ path }) => covers(place, path))),
  ];
}

/** Names that two headers give to an invariant. */
export function repeatsInvariants(files: readonly TextFile[]): string[] {
  const first = new Map<string, Invariant>();
  const problems: string[] = [];
  for (const invariant of invariantsOf(files)) {
    const { name, path, line } = invariant;
    const other = first.get(name);
    if (other === undefined) first.set(name, invariant);
    else problems.push(`${path}:${line} ${name} is an invariant of ${other.path} as well`);
  }
  return problems;
}

/** Invariants that no test cites. */
export function untestedInvariants(
  files: readonly TextFile[],
  tests: readonly TextFile[],
  waivers: Waivers = {},
): string[] {
  const cited = new Set(tests.flatMap(({ text }) => text.match(/[a-z0-9-]+\/[a-z0-9-]+/g) ?? []));
  const untested = invariantsOf(files).filter(({ name }) => !cited.has(name));
  return [
    ...untested
      .filter(({ name, path }) => waivers[name] === undefined && !isWaived(path, waivers))
      .map(({ name, path, line }) => `${path}:${line} no test cites ${name}`),
    ...unneeded(waivers, (place) =>
      untested.some(({ name, path }) => name === place || covers(place, path)),
    ),
  ];
}

/** Citations in comments, messages and test names of an invariant that no header states. */
export function citesUnknownInvariants(
  files: readonly TextFile[],
  stated: readonly Invariant[],
): string[] {
  const names = new Set(stated.map(({ name }) => name));
  const owners = new Set(stated.map(({ name }) => name.slice(0, name.indexOf('/'))));
  return eachLine(files, (line) => {
    for (const [, name = '', owner = ''] of line.matchAll(
      /(?<=[( ])(([a-z0-9-]+)\/[a-z0-9]+(?:-[a-z0-9]+)+)(?=[),:]|\. |\.$| [a-z])/g,
    )) {
      if (owners.has(owner) && !names.has(name)) return `cites ${name}, which no header states`;
    }
    return undefined;
  });
}

/** References to documents that are not in the repository, such as a design with numbered sections. */
export function namesAbsentDocuments(files: readonly TextFile[], waivers: Waivers = {}): string[] {
  const problems = eachLine(files, (line) => {
    const found = ABSENT_DOCUMENT.exec(line)?.[0];
    return found === undefined ? undefined : `refers to a document that is not here: ${found}`;
  });
  const pathOf = (problem: string): string => problem.slice(0, problem.indexOf(':'));
  return [
    ...problems.filter((problem) => !isWaived(pathOf(problem), waivers)),
    ...unneeded(waivers, (place) => problems.some((problem) => covers(place, pathOf(problem)))),
  ];
}

const ABSENT_DOCUMENT =
  /\bdesign (?:inv|section|note|decision)|\binvariants? \d|\bnotes on [a-z]+, section|\(section \d/i;

// Waivers

const covers = (place: string, path: string): boolean =>
  place.endsWith('/') ? path.startsWith(place) : path === place;

function isWaived(path: string, waivers: Waivers): boolean {
  return Object.keys(waivers).some((place) => covers(place, path));
}

function unneeded(waivers: Waivers, isNeeded: (place: string) => boolean): string[] {
  return Object.keys(waivers)
    .filter((place) => !isNeeded(place))
    .map((place) => `${place} has a waiver that it does not need`);
}
