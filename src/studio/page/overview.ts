/**
 * The first view: figures, the tree as layers, charts.
 *
 * Owns: what is charted, and what a follower says of that which only the writer counts.
 *
 * Suspension: suspends for the tree.
 */
import type { Info, Tick } from './api.ts';
import { Chart, type ChartSettings } from './chart.ts';
import { make } from './dom.ts';
import { bytes, count, milliseconds, percent, short } from './figures.ts';
import { type Derive, quantile, TickHistory } from './history.ts';
import { TreeView } from './tree-view.ts';

interface Charted {
  readonly chart: Chart;
  readonly derive: Derive;
}

type Plan = ChartSettings & { readonly derive: Derive };

/** What a follower sees of the database as well as its writer does. */
const SEEN: readonly Plan[] = [
  {
    title: 'Writes',
    series: [{ label: 'operations a second', colour: 1 }],
    format: (value) => `${short(value)}/s`,
    note: 'Operations that became visible, whoever wrote them.',
    derive: ({ now, before, seconds }) => [
      Math.max(0, now.sequence.published - before.sequence.published) / seconds,
    ],
  },
  {
    title: 'Size of the tree',
    series: [
      { label: 'tables', colour: 1 },
      { label: 'memtables', colour: 2 },
    ],
    format: bytes,
    derive: ({ now }) => [now.tables.sizeBytes, now.memory.memtableUsedBytes],
  },
];

const LAG: Plan = {
  title: 'Behind the writer',
  series: [{ label: 'behind', colour: 3 }],
  format: milliseconds,
  note: 'All that was published so long ago is shown here.',
  derive: ({ now }) => [now.follower?.behindMs],
};

/** What this open of the database counts of its own calls. */
const OWN: readonly Plan[] = [
  {
    title: 'Reads',
    series: [
      { label: 'gets', colour: 1 },
      { label: 'rows of scans', colour: 2 },
    ],
    format: (value) => `${short(value)}/s`,
    derive: ({ now, before, seconds }) => [
      (now.latencies.get.count - before.latencies.get.count) / seconds,
      (now.latencies.scanStep.count - before.latencies.scanStep.count) / seconds,
    ],
  },
  {
    title: 'Latency of scan steps',
    series: [
      { label: 'p50', colour: 1 },
      { label: 'p99', colour: 3 },
    ],
    format: milliseconds,
    derive: ({ now, earlier }) => {
      const [to, from] = [now.latencies.scanStep, earlier.latencies.scanStep];
      return [quantile(0.5, to, from), quantile(0.99, to, from)];
    },
  },
  {
    title: 'Block cache',
    series: [{ label: 'found in memory', colour: 2 }],
    format: percent,
    note: 'The share of block reads that needed no file.',
    derive: ({ now, earlier }) => {
      const hits = now.blockCache.hitCount - earlier.blockCache.hitCount;
      const misses = now.blockCache.missCount - earlier.blockCache.missCount;
      return [hits + misses === 0 ? undefined : hits / (hits + misses)];
    },
  },
  {
    title: 'Open readers',
    series: [
      { label: 'snapshots', colour: 1 },
      { label: 'transactions', colour: 2 },
      { label: 'scans', colour: 3 },
    ],
    format: count,
    derive: ({ now: { readers } }) => [
      readers.snapshotCount,
      readers.transactionCount,
      readers.scanCount,
    ],
  },
];

/** What the process that writes counts, and no other can see. */
const WRITER: readonly Plan[] = [
  {
    title: 'Latency of commits',
    series: [
      { label: 'p50', colour: 1 },
      { label: 'p99', colour: 3 },
    ],
    format: milliseconds,
    derive: ({ now, earlier }) => {
      const [to, from] = [now.latencies.commit, earlier.latencies.commit];
      return [quantile(0.5, to, from), quantile(0.99, to, from)];
    },
  },
  {
    title: 'Stalls',
    series: [{ label: 'of each second', colour: 3 }],
    format: milliseconds,
    note: 'How long writes had to wait for room.',
    derive: ({ now, before, seconds }) => [(now.stalls.totalMs - before.stalls.totalMs) / seconds],
  },
  {
    title: 'Flushes and compactions',
    series: [
      { label: 'flushed', colour: 1 },
      { label: 'compacted', colour: 2 },
    ],
    format: (value) => `${bytes(value)}/s`,
    derive: ({ now: { background: now }, before: { background: before }, seconds }) => [
      (now.flushBytesWritten - before.flushBytesWritten) / seconds,
      (now.compactionBytesWritten - before.compactionBytesWritten) / seconds,
    ],
  },
];

const UNKNOWN = [
  'Latency of commits, stalls, flushes and compactions, and the transactions and snapshots of the program',
  'are counted in the process that writes. This studio follows that process by the files and cannot see them.',
  'Call db.stats() there, or use varve/metrics.',
].join(' ');

export class Overview {
  readonly element: HTMLElement;
  readonly #history = new TickHistory();
  readonly #tree = new TreeView();
  readonly #tiles: HTMLElement;
  readonly #charts: Charted[] = [];
  readonly #warning: HTMLElement;

  constructor(info: Info) {
    this.#tiles = make('dl', { class: 'tiles' });
    this.#warning = make('p', { class: 'warning', role: 'alert', hidden: true });
    const grid = (plans: readonly Plan[]): HTMLElement =>
      make('div', { class: 'charts' }, ...plans.map((plan) => this.#chart(plan)));
    this.element = make(
      'div',
      { class: 'overview' },
      this.#warning,
      this.#tiles,
      this.#tree.element,
      make('h2', {}, 'The database'),
      grid(info.isFollower ? [...SEEN, LAG] : [...SEEN, ...WRITER]),
      make('h2', {}, info.isFollower ? 'Reads of this studio' : 'Reads in this process'),
      grid(OWN),
      info.isFollower
        ? make(
            'aside',
            { class: 'card unknown' },
            make('h3', {}, 'Known to the writer alone'),
            make('p', {}, UNKNOWN),
          )
        : undefined,
    );
  }

  #chart({ derive, ...settings }: Plan): HTMLElement {
    const chart = new Chart(settings);
    this.#charts.push({ chart, derive });
    return chart.element;
  }

  /** A hidden view draws nothing. */
  take(tick: Tick, isShown: boolean): void {
    this.#history.add(tick);
    if (isShown) this.draw();
  }

  draw(): void {
    const tick = this.#history.last;
    if (tick === undefined) return;
    const { stats } = tick;
    this.#warning.hidden = stats.failure === undefined;
    this.#warning.textContent = stats.failure ?? '';
    this.#drawTiles(tick);
    this.#tree.take(stats);
    for (const { chart, derive } of this.#charts) chart.show(this.#history.samples(derive));
  }

  #drawTiles({ stats }: Tick): void {
    const entryCount = stats.levels.reduce((sum, each) => sum + each.entryCount, 0);
    const tiles: [string, string][] = [
      ['Tables', count(stats.tables.count)],
      ['Size', bytes(stats.tables.sizeBytes)],
      ['Entries in tables', short(entryCount)],
      ['Sequence', count(stats.sequence.published)],
      ['In memtables', bytes(stats.memory.memtableUsedBytes)],
    ];
    this.#tiles.replaceChildren(
      ...tiles.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
    );
  }
}
