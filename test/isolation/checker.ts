/**
 * The checker: is this history as its isolation level promises?
 *
 * Owns: the verdict on a recorded history, after Elle (Kingsbury and Alvaro 2020): lists tell the order of versions,
 * and the order of versions tells which transaction depends on which.
 *
 * Checks, in this order; the first violation is reported with a witness:
 *   1. No torn key; no read of an element that no transaction wrote; no read of an aborted transaction (G1a).
 *   2. The lists of a key are prefixes of one another; no element twice. Appends of committed transactions are in the
 *      lists of all who came later; transactions of unknown outcome took effect wholly or not.
 *   3. No read ends inside another transaction (G1b); each transaction sees its own writes and repeatable reads.
 *   4. No forbidden cycle of dependencies (dependency-graph.ts), real time included: `snapshot` is strong snapshot
 *      isolation, `serializable` is strict serializability.
 *
 * Aborted transactions count as readers: what they saw must be as consistent as what others saw. They end at no time:
 * they may have read ahead of what is acknowledged, and never waited for it.
 *
 * An uncommitted transaction may even have read commits that the death of the process then made undone. Such reads are
 * no anomaly, and are left out. An acknowledged transaction has no such reads.
 *
 * A scan that does not show a key has read one of the versions in which it was absent or deleted. Only what holds for
 * all of these that fit in time becomes an edge, so the checker never blames a correct history.
 *
 * Suspension: everything here is synchronous.
 */
import type { Isolation } from '../../src/api/transaction-options.ts';
import { DependencyGraph, type Edge, type EdgeKind } from './dependency-graph.ts';
import {
  covers,
  type History,
  isDeletion,
  isLive,
  type List,
  type RangeRead,
  type TransactionRecord,
} from './history.ts';

export interface Violation {
  readonly message: string;
  /** The short name of what went wrong, such as `G-single`. */
  readonly anomaly: string;
  /** The actions of each transaction, one line each. */
  readonly witness: string;
}

/** Undefined when the history is as promised. */
export function findViolation(history: History, isolation: Isolation): Violation | undefined {
  try {
    const checker = new Checker(history);
    checker.checkReads();
    checker.checkLists();
    checker.checkInside();
    checker.checkCycles(isolation);
    return undefined;
  } catch (error) {
    if (error instanceof Found) return error;
    throw error;
  }
}

class Found extends Error implements Violation {
  readonly anomaly: string;
  readonly witness: string;

  constructor(anomaly: string, witness: string) {
    super(`${anomaly}\n${witness}`);
    this.anomaly = anomaly;
    this.witness = witness;
  }
}

/** A list that one transaction saw before it wrote to it. */
interface Observation {
  /** Index of the transaction. */
  readonly reader: number;
  readonly key: string;
  readonly list: List;
}

/** A key that a scan covered and did not show. */
interface Absence {
  readonly reader: number;
  readonly key: string;
}

class Checker {
  readonly #keys: readonly string[];
  readonly #transactions: readonly TransactionRecord[];
  /** Index of the transaction that wrote an element. */
  readonly #writerOf = new Map<number, number>();
  /** The elements that a transaction appends to a key, in order, by `index:key`. */
  readonly #appended = new Map<string, number[]>();
  /** The longest list seen of each key. */
  readonly #versions = new Map<string, List>();
  #observations: Observation[] = [];
  #absences: Absence[] = [];
  /** True for transactions that took effect. */
  readonly #isEffective: boolean[];

  constructor({ keys, transactions }: History) {
    this.#keys = keys;
    this.#transactions = transactions;
    transactions.forEach((transaction, index) => this.#collect(transaction, index));
    this.#isEffective = transactions.map(({ outcome }) => outcome === 'committed');
    this.#findEffective();
    this.#forgetDreams();
    for (const { key, list } of this.#observations) {
      if (list.length > this.#versionsOf(key).length) this.#versions.set(key, list);
    }
  }

  /** 1. */
  checkReads(): void {
    for (const { reader, key, list } of this.#observations) {
      for (const element of list) {
        const writer = this.#writerOf.get(element);
        const who = this.#nameOf(reader);
        if (writer === undefined) {
          throw new Found(
            'read of nothing',
            `${who} read ${key} as ${show(list)}: ${element} is of nobody`,
          );
        }
        if (this.#transactions[writer]!.outcome === 'aborted') {
          throw new Found(
            'aborted read (G1a)',
            `${who} read ${element} of ${key}, which ${this.#nameOf(writer)} took back`,
          );
        }
      }
    }
  }

  /** 2. */
  checkLists(): void {
    for (const { reader, key, list } of this.#observations) {
      const longest = this.#versionsOf(key);
      const differsAt = list.findIndex((element, i) => element !== longest[i]);
      if (differsAt >= 0) {
        throw new Found(
          'incompatible order',
          `${this.#nameOf(reader)} read ${key} as ${show(list)}, somebody else as ${show(longest)}`,
        );
      }
    }
    for (const [key, list] of this.#versions) {
      if (new Set(list).size === list.length) continue;
      throw new Found('duplicate element', `${key} was read as ${show(list)}`);
    }
    this.#checkNothingLost();
  }

  /** 3. */
  checkInside(): void {
    for (const { reader, key, list } of this.#observations) {
      const last = list.at(-1);
      if (last === undefined) continue;
      const writer = this.#writerOf.get(last)!; // checkReads has seen to it
      if (writer !== reader && this.#appendedBy(writer, key).at(-1) !== last) {
        throw new Found(
          'intermediate read (G1b)',
          `${this.#nameOf(reader)} read ${key} as ${show(list)}, amid ${this.#nameOf(writer)}`,
        );
      }
    }
    for (const [index, transaction] of this.#transactions.entries())
      this.#checkOwn(transaction, index);
  }

  /** 4. */
  checkCycles(isolation: Isolation): void {
    const graph = this.#graph();
    const search = (
      rule: 'no-rw' | 'no-adjacent-rw' | 'any',
      kinds: readonly EdgeKind[],
      nameOf: (cycle: readonly Edge[]) => string,
    ): void => {
      const cycle = graph.findCycle(rule, kinds);
      if (cycle !== undefined) throw new Found(nameOf(cycle), this.#witnessOf(cycle));
    };
    const all: readonly EdgeKind[] = ['ww', 'wr', 'rw', 'rt'];
    // Cheap first: nearly every history has no cycle at all.
    if (graph.findCycle(isolation === 'snapshot' ? 'no-adjacent-rw' : 'any', all) === undefined)
      return;
    search('no-rw', ['ww'], () => 'dirty write (G0)');
    search('no-rw', ['ww', 'wr'], () => 'circular information flow (G1c)');
    search('no-adjacent-rw', ['ww', 'wr', 'rw'], nameOfSkew);
    search('no-adjacent-rw', all, (cycle) => `${nameOfSkew(cycle)} in real time`);
    search('any', ['ww', 'wr', 'rw'], nameOfAntiDependency);
    search('any', all, (cycle) => `${nameOfAntiDependency(cycle)} in real time`);
  }

  #collect({ operations }: TransactionRecord, index: number): void {
    const written = new Set<string>();
    for (const operation of operations) {
      switch (operation.kind) {
        case 'append': {
          this.#writerOf.set(operation.element, index);
          const name = `${index}:${operation.key}`;
          const appended = this.#appended.get(name) ?? [];
          appended.push(operation.element);
          this.#appended.set(name, appended);
          written.add(operation.key);
          break;
        }
        case 'read':
          if (!written.has(operation.key)) this.#observe(index, operation.key, operation.list);
          break;
        case 'scan':
          this.#collectScan(operation, index, written);
          break;
        case 'torn':
          throw new Found(
            'torn key',
            `${this.#nameOf(index)} found ${operation.key} as ${operation.found}`,
          );
      }
    }
  }

  #collectScan(scan: RangeRead, index: number, written: ReadonlySet<string>): void {
    const shown = new Set<string>();
    for (const [key, list] of scan.rows) {
      shown.add(key);
      if (!written.has(key)) this.#observe(index, key, list);
    }
    for (const key of this.#keys) {
      if (written.has(key) || shown.has(key) || !covers(scan, key)) continue;
      this.#absences.push({ reader: index, key });
    }
  }

  #observe(reader: number, key: string, list: List): void {
    this.#observations.push({ reader, key, list });
  }

  /** A transaction of unknown outcome took effect if one that did has seen something of it. */
  #findEffective(): void {
    let hasChanged = true;
    while (hasChanged) {
      hasChanged = false;
      for (const { reader, list } of this.#observations) {
        if (!this.#isEffective[reader]) continue;
        for (const element of list) {
          const writer = this.#writerOf.get(element);
          if (writer === undefined || this.#isEffective[writer]) continue;
          if (this.#transactions[writer]!.outcome !== 'unknown') continue;
          this.#isEffective[writer] = true;
          hasChanged = true;
        }
      }
    }
  }

  /**
   * Leaves out what uncommitted transactions saw of commits that a death undid, or may have seen of their deletions.
   */
  #forgetDreams(): void {
    const undone = [...this.#transactions.keys()].filter(
      (index) => !this.#isEffective[index] && this.#transactions[index]!.outcome === 'unknown',
    );
    if (undone.length === 0) return;
    const dreamers = new Set<number>();
    for (const { reader, list } of this.#observations) {
      if (this.#isEffective[reader]) continue;
      const hasDreamt = list.some((element) => {
        const writer = this.#writerOf.get(element);
        return writer !== undefined && writer !== reader && undone.includes(writer);
      });
      if (hasDreamt) dreamers.add(reader);
    }
    const mayHaveDreamt = (reader: number): boolean =>
      !this.#isEffective[reader] &&
      undone.some((index) => {
        const { beganAt, endedAt } = this.#transactions[index]!; // an index of a transaction
        const { beganAt: from, endedAt: to } = this.#transactions[reader]!; // likewise
        return from < endedAt && beganAt < to;
      });
    this.#observations = this.#observations.filter(({ reader }) => !dreamers.has(reader));
    this.#absences = this.#absences.filter(
      ({ reader }) => !dreamers.has(reader) && !mayHaveDreamt(reader),
    );
  }

  /** An append that a later reader missed though others saw it is left to the cycles. */
  #checkNothingLost(): void {
    for (const [name, elements] of this.#appended) {
      const index = Number(name.slice(0, name.indexOf(':')));
      const key = name.slice(name.indexOf(':') + 1);
      const missing = elements.find((element) => !this.#versionsOf(key).includes(element));
      if (missing === undefined || !this.#isEffective[index]) continue;
      const { endedAt } = this.#transactions[index]!; // as in #collect
      const witness = this.#observations.find(
        (each) => each.key === key && this.#transactions[each.reader]!.beganAt > endedAt,
      );
      if (witness === undefined) continue; // no transaction looked since
      throw new Found(
        'lost append',
        `${this.#nameOf(index)} had appended ${missing} to ${key}, ` +
          `which ${this.#nameOf(witness.reader)} read as ${show(witness.list)}`,
      );
    }
  }

  #checkOwn({ operations }: TransactionRecord, index: number): void {
    const known = new Map<string, List>();
    const compare = (key: string, list: List): void => {
      const expected = known.get(key);
      if (expected !== undefined && show(expected) !== show(list)) {
        throw new Found(
          'unrepeatable read',
          `${this.#nameOf(index)} knew ${key} as ${show(expected)} and then read ${show(list)}`,
        );
      }
      known.set(key, list);
    };
    for (const operation of operations) {
      if (operation.kind === 'read') {
        compare(operation.key, operation.list);
      } else if (operation.kind === 'append') {
        const { key, element } = operation;
        known.set(key, [...(known.get(key) ?? []), element]);
      } else if (operation.kind === 'scan') {
        for (const [key, list] of operation.rows) {
          if (!isLive(list) || !covers(operation, key)) {
            throw new Found(
              'stray row',
              `${this.#nameOf(index)} was shown ${key} as ${show(list)}`,
            );
          }
          compare(key, list);
        }
        const shown = new Set(operation.rows.map(([key]) => key));
        for (const [key, list] of known) {
          if (isLive(list) && covers(operation, key) && !shown.has(key)) compare(key, []);
        }
      }
    }
  }

  #graph(): DependencyGraph {
    const graph = new DependencyGraph(this.#transactions.length);
    for (const [key, list] of this.#versions) this.#addWrites(graph, key, list);
    for (const { reader, key, list } of this.#observations) {
      this.#addRead(graph, reader, key, list.length, list.length, false, show(list));
    }
    for (const absence of this.#absences) this.#addAbsence(graph, absence);
    this.#addRealTime(graph);
    return graph;
  }

  #addWrites(graph: DependencyGraph, key: string, list: List): void {
    for (let i = 1; i < list.length; i++) {
      const from = this.#writerOf.get(list[i - 1]!)!; // 0 < i < length; read elements have writers
      const to = this.#writerOf.get(list[i]!)!;
      const why = `appended ${list[i - 1]} to ${key} before ${list[i]}`;
      graph.add({ from, to, kind: 'ww', key, isPredicate: false, why });
    }
  }

  /** The reader saw a version of at least `countMin` and at most `countMax` elements. */
  #addRead(
    graph: DependencyGraph,
    reader: number,
    key: string,
    countMin: number,
    countMax: number,
    isPredicate: boolean,
    what: string,
  ): void {
    const list = this.#versionsOf(key);
    if (countMin > 0) {
      const from = this.#writerOf.get(list[countMin - 1]!)!; // countMin <= length
      const why = `appended ${list[countMin - 1]} to ${key}, read as ${what}`;
      graph.add({ from, to: reader, kind: 'wr', key, isPredicate, why });
    }
    if (countMax >= list.length) return;
    const to = this.#writerOf.get(list[countMax]!)!; // countMax < length
    const why = `read ${key} as ${what}, before ${list[countMax]} was appended`;
    // A transaction that overwrites what it has read is followed by nothing but itself.
    graph.add({ from: reader, to, kind: 'rw', key, isPredicate, why });
  }

  #addAbsence(graph: DependencyGraph, { reader, key }: Absence): void {
    const list = this.#versionsOf(key);
    const { beganAt, endedAt } = this.#transactions[reader]!;
    const counts: number[] = [];
    for (let count = 0; count <= list.length; count++) {
      if (count > 0 && !isDeletion(list[count - 1])) continue;
      const writer = count === 0 ? undefined : this.#writerOf.get(list[count - 1]!);
      const overwriter = count === list.length ? undefined : this.#writerOf.get(list[count]!);
      const isTooNew = writer !== undefined && this.#transactions[writer]!.beganAt > endedAt;
      const isTooOld =
        overwriter !== undefined && this.#transactions[overwriter]!.endedAt < beganAt;
      if (!isTooNew && !isTooOld) counts.push(count);
    }
    const [countMin] = counts;
    const countMax = counts.at(-1);
    if (countMin === undefined || countMax === undefined) {
      throw new Found(
        'stale absence',
        `${this.#nameOf(reader)} was not shown ${key}, by then ${show(list)}`,
      );
    }
    this.#addRead(graph, reader, key, countMin, countMax, true, 'absent');
  }

  #addRealTime(graph: DependencyGraph): void {
    for (const [from, { endedAt, outcome }] of this.#transactions.entries()) {
      if (outcome === 'aborted' || !this.#isEffective[from]) continue;
      for (const [to, { beganAt }] of this.#transactions.entries()) {
        if (endedAt >= beganAt) continue;
        const why = `had ended at ${endedAt}, the other began at ${beganAt}`;
        graph.add({ from, to, kind: 'rt', key: undefined, isPredicate: false, why });
      }
    }
  }

  #versionsOf(key: string): List {
    return this.#versions.get(key) ?? [];
  }

  #appendedBy(index: number, key: string): List {
    return this.#appended.get(`${index}:${key}`) ?? [];
  }

  #nameOf(index: number): string {
    return `T${this.#transactions[index]!.id}`;
  }

  #witnessOf(cycle: readonly Edge[]): string {
    const edges = cycle.map(
      ({ from, to, kind, why }) => `${this.#nameOf(from)} -${kind}-> ${this.#nameOf(to)}: ${why}`,
    );
    const members = cycle.map(({ from }) => showTransaction(this.#transactions[from]!));
    return [...edges, ...members].join('\n');
  }
}

function nameOfSkew(cycle: readonly Edge[]): string {
  const [first, second] = cycle;
  const isUpdate =
    cycle.length === 2 &&
    first?.key === second?.key &&
    cycle.some(({ kind }) => kind === 'rw') &&
    cycle.some(({ kind }) => kind === 'ww');
  if (isUpdate) return 'lost update (P4)';
  return cycle.filter(({ kind }) => kind === 'rw').length > 1
    ? 'G-nonadjacent'
    : 'read skew (G-single)';
}

function nameOfAntiDependency(cycle: readonly Edge[]): string {
  return cycle.some(({ isPredicate }) => isPredicate) ? 'phantoms (G2)' : 'write skew (G2-item)';
}

function show(list: List): string {
  return `[${list.join(' ')}]`;
}

function showTransaction({ id, beganAt, endedAt, outcome, operations }: TransactionRecord): string {
  const texts = operations.map((operation) => {
    switch (operation.kind) {
      case 'append':
        return `append ${operation.key} ${operation.element}`;
      case 'read':
        return `read ${operation.key} ${show(operation.list)}`;
      case 'scan': {
        const rows = operation.rows.map(([key, list]) => `${key} ${show(list)}`).join(', ');
        const manner = `${operation.isReverse ? ' reverse' : ''}${operation.isComplete ? '' : ' in part'}`;
        return `scan ${operation.lower}..${operation.upper}${manner} {${rows}}`;
      }
      case 'torn':
        return `torn ${operation.key}`;
    }
  });
  return `  T${id} ${outcome} ${beganAt}-${endedAt}: ${texts.join('; ')}`;
}
