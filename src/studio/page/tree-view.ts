/**
 * The tree as layers: memory on top, then the levels, each with its tables side by side in the order of their keys.
 *
 * Owns: how wide a table is drawn, and when the tree is asked for again.
 *
 * Suspension: `take` asks for the tree in the background, one request at a time.
 */
import { ask, type Bound, type Level, type Stats, type Table, type Tree } from './api.ts';
import { make, seenLine } from './dom.ts';
import { bytes, count, plural, short } from './figures.ts';

/** Pieces that a layer is drawn with; neighbours beyond that are drawn as one. */
const PIECE_COUNT_MAX = 120;

export class TreeView {
  readonly element: HTMLElement;
  readonly #layers: HTMLElement;
  readonly #detail: HTMLElement;
  /** The levels as they were when the tree was asked for. */
  #asked = '';
  #isAsking = false;
  #stats: Stats | undefined = undefined;
  #tree: Tree | undefined = undefined;
  #chosen: number | undefined = undefined;

  constructor() {
    this.#layers = make('div', { class: 'layers' });
    this.#detail = make('div', { class: 'detail', 'aria-live': 'polite' }, TABLE_HINT);
    this.element = make(
      'section',
      { class: 'card tree', 'aria-label': 'The tree' },
      this.#layers,
      this.#detail,
    );
  }

  take(stats: Stats): void {
    this.#stats = stats;
    const levels = JSON.stringify(stats.levels);
    if (levels !== this.#asked && !this.#isAsking) void this.#load(levels);
    this.#drawMemory();
  }

  async #load(levels: string): Promise<void> {
    this.#isAsking = true;
    try {
      this.#tree = await ask<Tree>('tree');
      this.#asked = levels;
      this.#draw();
    } catch (error) {
      this.#detail.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #draw(): void {
    const { levels = [], logs = [] } = this.#tree ?? {};
    const deepest = levels.reduce(
      (last, { level, tableCount }) => (tableCount > 0 ? Math.max(last, level) : last),
      1,
    );
    const focused = document.activeElement?.getAttribute('data-table');
    const logSize = logs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const keptCount = logs.filter(({ isKept }) => isKept).length;
    this.#layers.replaceChildren(
      layer('memory', 'memtables', make('div', { class: 'strip' }), ''),
      layer(
        'logs',
        'logs',
        make(
          'div',
          { class: 'strip' },
          ...logs.map(({ number, sizeBytes, isKept }) =>
            grown(
              make('span', {
                class: isKept ? 'piece kept' : 'piece',
                title: `log ${number}: ${bytes(sizeBytes)}`,
              }),
              sizeBytes,
            ),
          ),
        ),
        `${plural(logs.length, 'log')}, ${bytes(logSize)}${keptCount > 0 ? `, ${keptCount} for the history` : ''}`,
      ),
      ...levels.filter(({ level }) => level <= deepest).map((each) => this.#level(each)),
    );
    this.#drawMemory();
    if (focused !== null && focused !== undefined) {
      this.#layers.querySelector<HTMLElement>(`[data-table="${CSS.escape(focused)}"]`)?.focus();
    }
    this.#show(
      levels.flatMap(({ tables }) => tables).find(({ number }) => number === this.#chosen),
    );
  }

  #drawMemory(): void {
    const row = this.#layers.querySelector('.layer.memory');
    const stats = this.#stats;
    if (row === null || stats === undefined) return;
    const { memtableUsedBytes, memtableBytes, immutableMemtableCount } = stats.memory;
    const share = memtableBytes === 0 ? 0 : Math.min(1, memtableUsedBytes / memtableBytes);
    const used = make('span', { class: 'piece used' });
    used.style.width = `${(share * 100).toFixed(1)}%`;
    row.querySelector('.strip')?.replaceChildren(used);
    const waiting = immutableMemtableCount > 0 ? `, ${immutableMemtableCount} to be flushed` : '';
    const facts = row.querySelector('.facts');
    if (facts !== null)
      facts.textContent = `${bytes(memtableUsedBytes)} of ${bytes(memtableBytes)}${waiting}`;
  }

  #level({ level, tableCount, sizeBytes, entryCount, tables }: Level): HTMLElement {
    const groups = grouped(tables);
    const strip = make(
      'div',
      { class: 'strip', role: 'group', 'aria-label': `Tables of level ${level}` },
      ...groups.map((group) => this.#piece(level, group)),
    );
    if (tableCount > tables.length) {
      strip.append(
        make('span', { class: 'more' }, `and ${count(tableCount - tables.length)} more`),
      );
    }
    const facts =
      tableCount === 0
        ? 'empty'
        : `${plural(tableCount, 'table')}, ${bytes(sizeBytes)}, ${short(entryCount)} entries`;
    return layer(`level-${level}`, `level ${level}`, strip, facts);
  }

  #piece(level: number, group: readonly Table[]): HTMLElement {
    const [first] = group;
    const sizeBytes = group.reduce((sum, table) => sum + table.sizeBytes, 0);
    const label = group.length === 1 ? `table ${first?.number}` : plural(group.length, 'table');
    const piece = make('button', {
      type: 'button',
      class: first?.number === this.#chosen ? 'piece chosen' : 'piece',
      'data-table': first?.number,
      'aria-label': `level ${level}, ${label}, ${bytes(sizeBytes)}`,
      title: `${label}: ${bytes(sizeBytes)}`,
    });
    piece.addEventListener('click', () => {
      this.#chosen = first?.number;
      for (const each of this.#layers.querySelectorAll('.chosen')) each.classList.remove('chosen');
      piece.classList.add('chosen');
      this.#show(first);
    });
    piece.addEventListener('keydown', (event) => {
      const next = event.key === 'ArrowRight' ? piece.nextElementSibling : undefined;
      const before = event.key === 'ArrowLeft' ? piece.previousElementSibling : undefined;
      const target = next ?? before;
      if (target instanceof HTMLElement) target.focus();
    });
    return grown(piece, sizeBytes);
  }

  #show(table: Table | undefined): void {
    if (table === undefined) {
      this.#detail.replaceChildren(TABLE_HINT);
      return;
    }
    const facts: [string, string][] = [
      ['table', String(table.number)],
      ['size', bytes(table.sizeBytes)],
      ['entries', count(table.entryCount)],
      [
        'tombstones',
        `${count(table.deletionCount)} and ${plural(table.rangeTombstoneCount, 'range')}`,
      ],
      ['sequences', `${count(table.smallestSequence)} to ${count(table.largestSequence)}`],
      ['first key', boundText(table.first)],
      ['last key', boundText(table.last)],
    ];
    this.#detail.replaceChildren(
      make(
        'dl',
        {},
        ...facts.map(([name, value]) =>
          make('div', {}, make('dt', {}, name), make('dd', {}, value)),
        ),
      ),
    );
  }
}

const TABLE_HINT = 'Choose a table to see what is in it.';

function boundText({ keyspace, key }: Bound): string {
  return `${seenLine(key.form === 'hex' ? `0x${key.text}` : key.text)}${key.isCut ? '\u2026' : ''} (${seenLine(keyspace)})`;
}

function layer(name: string, label: string, strip: HTMLElement, facts: string): HTMLElement {
  return make(
    'div',
    { class: `layer ${name}` },
    make('span', { class: 'name' }, label),
    strip,
    make('span', { class: 'facts' }, facts),
  );
}

function grown<E extends HTMLElement>(element: E, sizeBytes: number): E {
  element.style.flexGrow = String(Math.max(1, sizeBytes));
  return element;
}

/** Neighbours together, when there are more tables than can be seen apart. */
function grouped(tables: readonly Table[]): Table[][] {
  const size = Math.ceil(tables.length / PIECE_COUNT_MAX);
  const groups: Table[][] = [];
  for (let index = 0; index < tables.length; index += size) {
    groups.push(tables.slice(index, index + size));
  }
  return groups;
}
