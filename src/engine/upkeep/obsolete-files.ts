/**
 * Deletes the files that no version and no log needs any more.
 *
 * Owns: which files may be deleted now, and deleting them.
 *
 * Invariants:
 *   obsolete-files/after-the-edit: a file is deleted only after the version edit that dropped it is durable, and while
 *       no pinned version and no open log names it (docs/durability.md). The callers queue a file after the edit;
 *       `isNeeded` answers the rest.
 *   obsolete-files/tried-again: a file that cannot be deleted is tried again at the next collection. The next open at
 *       the latest removes it, since its manifest does not name it.
 *   obsolete-files/still-ours: nothing is deleted once another database was laid over the directory: files that are
 *       obsolete here may be live there.
 */
import { fileNumber, type FileNumber } from '../../base/ids.ts';
import type { ReservedNumbers } from '../../compaction/compaction.ts';
import { fileName, type NumberedFileKind } from '../../vfs/filenames.ts';
import type { Vfs } from '../../vfs/vfs.ts';

interface Candidate {
  readonly kind: NumberedFileKind;
  readonly number: FileNumber;
}

export interface ObsoleteFilesHost {
  readonly vfs: Vfs;
  readonly directory: string;
  /** False when the numbers of files may mean another database's (obsolete-files/still-ours). */
  isOwned(): boolean;
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
  readonly #deletions = new Set<Promise<void>>();

  constructor(host: ObsoleteFilesHost) {
    this.#host = host;
  }

  get pendingCount(): number {
    return this.#candidates.length + this.#deletions.size;
  }

  /** The files of this kind that wait for their deletion. */
  pending(kind: NumberedFileKind): FileNumber[] {
    return this.#candidates.flatMap((each) => (each.kind === kind ? [each.number] : []));
  }

  /** The edit that dropped the file is durable. */
  add(kind: NumberedFileKind, number: FileNumber): void {
    this.#candidates.push({ kind, number });
  }

  /** As `add`, for those tables of a job whose worker is gone that are there. What stays is removed by the next open. */
  addLeftovers({ first, count }: ReservedNumbers): void {
    const { vfs, directory } = this.#host;
    for (let i = 0; i < count; i++) {
      const number = fileNumber(first + i);
      try {
        if (vfs.exists(`${directory}/${fileName('table', number)}`)) this.add('table', number);
      } catch {
        // It cannot be looked at.
      }
    }
  }

  /** Begins to delete what nothing pins. A crash in here leaves files that the next open removes. */
  collect(): void {
    if (this.#candidates.length === 0) return;
    const host = this.#host;
    const liveTables = host.liveTables();
    const needed: Candidate[] = [];
    const unneeded: Candidate[] = [];
    for (const candidate of this.#candidates) {
      const { kind, number } = candidate;
      (host.isNeeded(kind, number, liveTables) ? needed : unneeded).push(candidate);
    }
    if (unneeded.length > 0 && !host.isOwned()) return; // obsolete-files/tried-again, obsolete-files/still-ours
    this.#candidates = needed;
    for (const candidate of unneeded) this.#delete(candidate);
  }

  /** Resolves when every deletion that has begun has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#deletions);
  }

  #delete(candidate: Candidate): void {
    const { kind, number } = candidate;
    const { vfs, directory } = this.#host;
    this.#host.forget(kind, number);
    const deletion = vfs.unlinkAside(`${directory}/${fileName(kind, number)}`).then(
      () => {
        this.#deletions.delete(deletion);
      },
      () => {
        this.#deletions.delete(deletion);
        this.#candidates.push(candidate); // obsolete-files/tried-again
      },
    );
    this.#deletions.add(deletion);
  }
}
