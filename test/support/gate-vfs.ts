/**
 * A file system whose slow operations wait until a test lets them go on.
 *
 * Owns: `GateVfs`, which passes everything on to another Vfs; while a gate is shut, asynchronous syncs or reads of the
 * paths it names wait. Tests that need a commit between its write and its acknowledgement, or a lookup between its
 * request and its block, shut a gate instead of hoping for timing.
 *
 * Suspension: as in the contract; a gated operation resolves after its gate opens.
 */
import { type OpenMode, type Vfs, type VfsFile, type VfsLock } from '../../src/vfs/vfs.ts';

export type GatedKind = 'sync' | 'read';

interface Gate {
  readonly kind: GatedKind;
  readonly path: RegExp;
  readonly opened: Promise<void>;
  waiterCount: number;
}

export class GateVfs implements Vfs {
  readonly isNodeFileSystem: boolean = false;
  readonly inner: Vfs;
  readonly #gates: Set<Gate> = new Set();

  constructor(inner: Vfs) {
    this.inner = inner;
  }

  /** Operations that wait at a gate now. */
  get waiterCount(): number {
    let count = 0;
    for (const gate of this.#gates) count += gate.waiterCount;
    return count;
  }

  /** Shuts a gate; the function returned opens it. */
  shut(kind: GatedKind, path: RegExp = /./): () => void {
    let openUp = (): void => undefined;
    const opened = new Promise<void>((resolve) => (openUp = resolve));
    const gate: Gate = { kind, path, opened, waiterCount: 0 };
    this.#gates.add(gate);
    return () => {
      this.#gates.delete(gate);
      openUp();
    };
  }

  open(path: string, mode: OpenMode): VfsFile {
    return new GateFile(this, this.inner.open(path, mode));
  }

  /** For GateFile: waits while a gate for it is shut. */
  async pass(kind: GatedKind, path: string): Promise<void> {
    for (const gate of [...this.#gates]) {
      if (gate.kind !== kind || !gate.path.test(path)) continue;
      gate.waiterCount++;
      await gate.opened;
    }
  }

  exists(path: string): boolean {
    return this.inner.exists(path);
  }

  list(directory: string): string[] {
    return this.inner.list(directory);
  }

  rename(from: string, to: string): void {
    this.inner.rename(from, to);
  }

  link(from: string, to: string): void {
    this.inner.link(from, to);
  }

  unlink(path: string): void {
    this.inner.unlink(path);
  }

  makeDirectory(path: string): string | undefined {
    return this.inner.makeDirectory(path);
  }

  removeDirectory(path: string): void {
    this.inner.removeDirectory(path);
  }

  isDirectory(path: string): boolean {
    return this.inner.isDirectory(path);
  }

  isWritable(directory: string): boolean {
    return this.inner.isWritable(directory);
  }

  async syncDirectory(path: string): Promise<void> {
    return this.inner.syncDirectory(path);
  }

  syncDirectorySync(path: string): void {
    this.inner.syncDirectorySync(path);
  }

  realPath(path: string): string {
    return this.inner.realPath(path);
  }

  async lock(directory: string): Promise<VfsLock> {
    return this.inner.lock(directory);
  }
}

class GateFile implements VfsFile {
  readonly path: string;
  readonly #vfs: GateVfs;
  readonly #inner: VfsFile;

  constructor(vfs: GateVfs, inner: VfsFile) {
    this.path = inner.path;
    this.#vfs = vfs;
    this.#inner = inner;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    return this.#inner.readSync(target, offset, length, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    await this.#vfs.pass('read', this.path);
    return this.#inner.read(target, offset, length, position);
  }

  writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    return this.#inner.writeSync(source, offset, length, position);
  }

  async sync(): Promise<void> {
    await this.#vfs.pass('sync', this.path);
    return this.#inner.sync();
  }

  syncSync(): void {
    this.#inner.syncSync();
  }

  sizeSync(): number {
    return this.#inner.sizeSync();
  }

  truncateSync(size: number): void {
    this.#inner.truncateSync(size);
  }

  closeSync(): void {
    this.#inner.closeSync();
  }
}
