/**
 * Metrics as the text that Prometheus reads.
 *
 * Owns: the text format: one block for each metric, with its help and type, then its numbers.
 *
 * Suspension: everything here is synchronous.
 */
import type { DatabaseStats } from '../index.ts';
import { FAMILIES, latenciesOf, type StatsSource } from './families.ts';

/** Options of `prometheusText`. */
export interface PrometheusOptions {
  /** What names begin with; letters, digits and underscores. Default `'varve'`. */
  readonly prefix?: string;
  /** What tells several databases apart, by name; each is the value of a label `database`. Default: their locations. */
  readonly names?: readonly string[];
}

/**
 * The content type of the text, for the answer to a scrape.
 *
 * @example
 * prometheusContentType(); // => 'text/plain; version=0.0.4; charset=utf-8'
 */
export function prometheusContentType(): string {
  return 'text/plain; version=0.0.4; charset=utf-8';
}

/**
 * The statistics of one or several open databases, as Prometheus reads them. Times are in seconds. Latencies are
 * histograms, of which short operations are sampled. Throws ClosedError for a database that is closed.
 *
 * @example
 * import { once } from 'node:events';
 * import { createServer } from 'node:http';
 *
 * const server = createServer((request, response) => {
 *   response.setHeader('content-type', prometheusContentType());
 *   response.end(prometheusText(db, { names: ['shop'] }));
 * });
 * server.listen(0);
 * await once(server, 'listening');
 * const { port } = server.address();
 * const scrape = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } });
 * const text = await scrape.text();
 * /^varve_commits_total{database="shop"} \d+$/m.test(text); // => true
 * server.close();
 */
export function prometheusText(
  databases: StatsSource | readonly StatsSource[],
  { prefix = 'varve', names = [] }: PrometheusOptions = {},
): string {
  const sources = isList(databases) ? databases : [databases];
  const all = sources.map((source, index) => {
    const stats = source.stats();
    return { stats, database: names[index] ?? stats.location };
  });
  return [...familyLines(all, prefix), ...latencyLines(all, prefix), ''].join('\n');
}

function isList(value: StatsSource | readonly StatsSource[]): value is readonly StatsSource[] {
  return Array.isArray(value);
}

interface Named {
  readonly stats: DatabaseStats;
  readonly database: string;
}

function familyLines(all: readonly Named[], prefix: string): string[] {
  return FAMILIES.flatMap(({ name, help, type, points }) => [
    `# HELP ${prefix}_${name} ${help}`,
    `# TYPE ${prefix}_${name} ${type}`,
    ...all.flatMap(({ stats, database }) =>
      points(stats).map(
        ({ labels, value }) => `${prefix}_${name}${labelText({ database, ...labels })} ${value}`,
      ),
    ),
  ]);
}

/** Buckets count everything up to their bound, as Prometheus has them. */
function latencyLines(all: readonly Named[], prefix: string): string[] {
  const name = `${prefix}_latency_seconds`;
  const lines = [
    `# HELP ${name} How long operations took; short ones are sampled`,
    `# TYPE ${name} histogram`,
  ];
  for (const { stats, database } of all) {
    for (const [operation, latency] of latenciesOf(stats)) {
      let count = 0;
      for (const [index, each] of latency.counts.entries()) {
        count += each;
        const boundMs = latency.boundsMs[index];
        const le = boundMs === undefined ? '+Inf' : String(boundMs / 1000);
        lines.push(`${name}_bucket${labelText({ database, operation, le })} ${count}`);
      }
      const labels = labelText({ database, operation });
      lines.push(`${name}_sum${labels} ${latency.totalMs / 1000}`);
      lines.push(`${name}_count${labels} ${latency.count}`);
    }
  }
  return lines;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
