/**
 * Metrics and spans for OpenTelemetry.
 *
 * Owns: what a meter and a tracer of `@opentelemetry/api` are asked for. They are given, so that nothing here loads that
 * package.
 *
 * Suspension: everything here is synchronous.
 */
import type { EventListener, EventMap } from '../index.ts';
import { FAMILIES, latenciesOf, quantileMs, type StatsSource } from './families.ts';

/** What a meter's observable instruments are here: something to observe for. */
export type ObservableLike = object;

/** Takes what is observed; as the callback of `@opentelemetry/api` is given it. */
export interface ObserverLike {
  /** A number for an instrument. */
  observe(instrument: ObservableLike, value: number, attributes?: Record<string, string>): void;
}

/** The part of a `Meter` of `@opentelemetry/api` that is used. */
export interface MeterLike {
  /** Makes a counter that is asked for its value. */
  createObservableCounter(name: string, options: { description: string }): ObservableLike;
  /** Makes a gauge that is asked for its value. */
  createObservableGauge(
    name: string,
    options: { description: string; unit?: string },
  ): ObservableLike;
  /** Asks one function for the values of several. */
  addBatchObservableCallback(
    callback: (observer: ObserverLike) => void,
    observables: ObservableLike[],
  ): void;
  /** Ends that. */
  removeBatchObservableCallback(
    callback: (observer: ObserverLike) => void,
    observables: ObservableLike[],
  ): void;
}

/** The part of a `Span` of `@opentelemetry/api` that is used. */
export interface SpanLike {
  /** Ends it at a time in milliseconds since 1970. */
  end(timeMs: number): void;
}

/** The part of a `Tracer` of `@opentelemetry/api` that is used. */
export interface TracerLike {
  /** Begins a span at a time in milliseconds since 1970. */
  startSpan(
    name: string,
    options: { startTime: number; attributes: Record<string, string | number | boolean> },
  ): SpanLike;
}

/** A database, as far as spans need it. */
export interface EventSource {
  /** The directory. */
  readonly location: string;
  /** As `db.on`. */
  on<N extends keyof EventMap>(name: N, listener: EventListener<N>): unknown;
  /** As `db.off`. */
  off<N extends keyof EventMap>(name: N, listener: EventListener<N>): unknown;
}

const QUANTILES: readonly number[] = Object.freeze([0.5, 0.9, 0.99, 0.999]);

/**
 * Has a meter observe the statistics of a database: `varve.commits_total` and the other names of the Prometheus text with a
 * dot, and `varve.latency`, in seconds, by `operation` and `quantile`. Each has the attribute `database`. Returns a
 * function that ends it; call it before the database is closed.
 *
 * @example
 * import { metrics } from '@opentelemetry/api';
 *
 * const stop = observeMetrics(db, metrics.getMeter('varve'), 'shop');
 * stop(); // before db.close()
 */
export function observeMetrics(
  db: StatsSource,
  meter: MeterLike,
  name: string = db.stats().location,
): () => void {
  const instruments = FAMILIES.map(({ name: family, help, type }) => {
    const options = { description: help };
    return type === 'counter'
      ? meter.createObservableCounter(`varve.${family}`, options)
      : meter.createObservableGauge(`varve.${family}`, options);
  });
  const description = 'Time within which a share of the operations ended';
  const latency = meter.createObservableGauge('varve.latency', { description, unit: 's' });
  const callback = (observer: ObserverLike): void => {
    const stats = db.stats();
    for (const [index, { points }] of FAMILIES.entries()) {
      for (const { labels, value } of points(stats)) {
        // There is one instrument for each family.
        observer.observe(instruments[index]!, value, { database: name, ...labels });
      }
    }
    for (const [operation, times] of latenciesOf(stats)) {
      for (const share of QUANTILES) {
        const timeMs = quantileMs(times, share);
        if (timeMs === undefined || timeMs === Infinity) continue;
        const attributes = { database: name, operation, quantile: String(share) };
        observer.observe(latency, timeMs / 1000, attributes);
      }
    }
  };
  const observables = [...instruments, latency];
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}

/**
 * Makes a span of each flush, compaction, bulk load and stall of a database, once it is over: `varve.flush`,
 * `varve.compaction`, `varve.ingest`, `varve.stall`. Their attributes are the fields of the event. Returns a function that
 * ends it.
 *
 * @example
 * import { trace } from '@opentelemetry/api';
 *
 * const stop = traceEvents(db, trace.getTracer('varve'));
 * await db.flush(); // a span `varve.flush`
 * stop();
 */
export function traceEvents(db: EventSource, tracer: TracerLike): () => void {
  const { location } = db;
  const span = (name: string, durationMs: number, fields: object): void => {
    const endMs = Date.now();
    const attributes: Record<string, string | number | boolean> = { 'varve.database': location };
    for (const [field, value] of Object.entries(fields))
      attributes[`varve.${field}`] = value as number;
    tracer.startSpan(name, { startTime: endMs - durationMs, attributes }).end(endMs);
  };
  const onFlush: EventListener<'flush-finished'> = (event) =>
    span('varve.flush', event.durationMs, event);
  const onCompaction: EventListener<'compaction-finished'> = (event) =>
    span('varve.compaction', event.durationMs, event);
  const onIngest: EventListener<'ingest-finished'> = (event) =>
    span('varve.ingest', event.durationMs, event);
  const onResumed: EventListener<'resumed'> = (event) =>
    span('varve.stall', event.stalledMs, event);
  db.on('flush-finished', onFlush);
  db.on('compaction-finished', onCompaction);
  db.on('ingest-finished', onIngest);
  db.on('resumed', onResumed);
  return () => {
    db.off('flush-finished', onFlush);
    db.off('compaction-finished', onCompaction);
    db.off('ingest-finished', onIngest);
    db.off('resumed', onResumed);
  };
}
