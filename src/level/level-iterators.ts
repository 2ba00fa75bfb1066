/**
 * The iterators of Level, over entries, keys and values.
 *
 * Owns: nothing but the three shapes that abstract-level asks for. The cursor does the work.
 *
 * Suspension: as the cursor's.
 */
import { AbstractIterator, AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import type { Formatted } from './formats.ts';
import {
  cursorOver,
  entryCursor,
  KEYS,
  type LevelCursor,
  type LevelEntry,
  type LevelScanOptions,
  type LevelSource,
  VALUES,
} from './level-cursor.ts';

// Options are encoded already, and abstract-level reads its own of them: their declared type is that of callers.

export class EntryIterator extends AbstractIterator<object, unknown, unknown> {
  readonly #cursor: LevelCursor<LevelEntry>;

  constructor(db: object, source: LevelSource, options: LevelScanOptions) {
    const cursor = entryCursor(source, options); // may throw, before the database knows this iterator
    super(db, options as object);
    this.#cursor = cursor;
  }

  _next(): Promise<LevelEntry | undefined> {
    return this.#cursor.next();
  }

  _nextv(size: number): Promise<LevelEntry[]> {
    return this.#cursor.nextMany(size);
  }

  _seek(target: Formatted): void {
    this.#cursor.seek(target);
  }

  _close(): Promise<void> {
    this.#cursor.close();
    return Promise.resolve();
  }
}

export class KeyIterator extends AbstractKeyIterator<object, unknown> {
  readonly #cursor: LevelCursor<Formatted>;

  constructor(db: object, source: LevelSource, options: LevelScanOptions) {
    const cursor = cursorOver(source, options, KEYS); // may throw, before the database knows this iterator
    super(db, options as object);
    this.#cursor = cursor;
  }

  _next(): Promise<Formatted | undefined> {
    return this.#cursor.next();
  }

  _nextv(size: number): Promise<Formatted[]> {
    return this.#cursor.nextMany(size);
  }

  _seek(target: Formatted): void {
    this.#cursor.seek(target);
  }

  _close(): Promise<void> {
    this.#cursor.close();
    return Promise.resolve();
  }
}

export class ValueIterator extends AbstractValueIterator<object, unknown, unknown> {
  readonly #cursor: LevelCursor<Formatted>;

  constructor(db: object, source: LevelSource, options: LevelScanOptions) {
    const cursor = cursorOver(source, options, VALUES); // may throw, before the database knows this iterator
    super(db, options as object);
    this.#cursor = cursor;
  }

  _next(): Promise<Formatted | undefined> {
    return this.#cursor.next();
  }

  _nextv(size: number): Promise<Formatted[]> {
    return this.#cursor.nextMany(size);
  }

  _seek(target: Formatted): void {
    this.#cursor.seek(target);
  }

  _close(): Promise<void> {
    this.#cursor.close();
    return Promise.resolve();
  }
}
