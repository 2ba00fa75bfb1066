/**
 * A file system whose slow operations wait until a test lets them go on.
 *
 * Owns: `GateVfs`, which passes everything on to another Vfs; while a gate is shut, asynchronous syncs or reads of the
 * paths it names wait. Tests that need a commit between its write and its acknowledgement, or a lookup between its
 * request and its block, shut a gate instead of hoping for timing.
 *
 * Suspension: as in the contract; a gated operation resolves after its gate opens.
 */
import { type VfsFile } from '../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from './wrapped-vfs.ts';

export type GatedKind = 'sync' | 'read';

interface Gate {
  readonly kind: GatedKind;
  readonly path: RegExp;
  readonly opened: Promise<void>;
  /** Later ones pass. */
  readonly waiterCountMax: number;
  waiterCount: number;
}

export class GateVfs extends WrappedVfs {
  readonly #gates: Set<Gate> = new Set();

  /** Operations that wait at a gate now. */
  get waiterCount(): number {
    let count = 0;
    for (const gate of this.#gates) count += gate.waiterCount;
    return count;
  }

  /** Shuts a gate for the first `waiterCountMax` that come; the function returned opens it. */
  shut(kind: GatedKind, path: RegExp = /./, waiterCountMax = Infinity): () => void {
    let openUp = (): void => undefined;
    const opened = new Promise<void>((resolve) => (openUp = resolve));
    const gate: Gate = { kind, path, opened, waiterCountMax, waiterCount: 0 };
    this.#gates.add(gate);
    return () => {
      this.#gates.delete(gate);
      openUp();
    };
  }

  override wrap(file: VfsFile): VfsFile {
    return new GateFile(this, file);
  }

  /** For GateFile: waits while a gate for it is shut. */
  async pass(kind: GatedKind, path: string): Promise<void> {
    for (const gate of [...this.#gates]) {
      if (gate.kind !== kind || !gate.path.test(path)) continue;
      if (gate.waiterCount >= gate.waiterCountMax) continue;
      gate.waiterCount++;
      await gate.opened;
    }
  }
}

class GateFile extends WrappedFile {
  readonly #vfs: GateVfs;

  constructor(vfs: GateVfs, inner: VfsFile) {
    super(inner);
    this.#vfs = vfs;
  }

  override async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    await this.#vfs.pass('read', this.path);
    return super.read(target, offset, length, position);
  }

  override async sync(): Promise<void> {
    await this.#vfs.pass('sync', this.path);
    return super.sync();
  }
}
