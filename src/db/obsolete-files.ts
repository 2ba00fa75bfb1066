/**
 * Files that nothing needs any more.
 *
 * Owns: which files may be deleted now, and deleting them.
 *
 * Invariants:
 *   O1. A file is deleted only after the version edit that dropped it is durable, and while no pinned version and no
 *       open log names it (design invariant 6). The callers queue a file after the edit; `isNeeded` answers the rest.
 *   O2. A file that cannot be deleted is tried again at the next collection, and at the latest by the next open,
 *       which removes what its manifest does not name.
 */
import type { FileNumber } from '../base/ids.ts';
import { fileName, type NumberedFileKind } from '../vfs/filenames.ts';
import type { Vfs } from '../vfs/vfs.ts';

interface Candidate {
  readonly kind: NumberedFileKind;
  readonly number: FileNumber;
}

export interface ObsoleteFilesHost {
  readonly vfs: Vfs;
  readonly directory: string;
  /** True when a pinned version or an open log names the file, given the tables that pinned versions name. */
  isNeeded(
    kind: NumberedFileKind,
    number: FileNumber,
    liveTables: ReadonlySet<FileNumber>,
  ): boolean;
  liveTables(): ReadonlySet<FileNumber>;
  /** Closes whatever is open or cached of the file. */
  forget(kind: NumberedFileKind, number: FileNumber): void;
}

export class ObsoleteFiles {
  readonly #host: ObsoleteFilesHost;
  #candidates: Candidate[] = [];

  constructor(host: ObsoleteFilesHost) {
    this.#host = host;
  }

  get pendingCount(): number {
    return this.#candidates.length;
  }

  /** The edit that dropped the file is durable. */
  add(kind: NumberedFileKind, number: FileNumber): void {
    this.#candidates.push({ kind, number });
  }

  /** Deletes what nothing pins. A crash in here leaves files that the next open removes. */
  collect(): void {
    if (this.#candidates.length === 0) return;
    const liveTables = this.#host.liveTables();
    this.#candidates = this.#candidates.filter(
      (candidate) => !this.#tryDelete(candidate, liveTables),
    );
  }

  #tryDelete({ kind, number }: Candidate, liveTables: ReadonlySet<FileNumber>): boolean {
    if (this.#host.isNeeded(kind, number, liveTables)) return false;
    this.#host.forget(kind, number);
    try {
      this.#host.vfs.unlink(`${this.#host.directory}/${fileName(kind, number)}`);
      return true;
    } catch {
      return false; // O2
    }
  }
}
