/**
 * `varve/metrics`: the statistics of a database for Prometheus and OpenTelemetry.
 *
 * The public surface of this entry, listed name by name. It stands on that of the library.
 */
export type { StatsSource } from './families.ts';
export { prometheusContentType, type PrometheusOptions, prometheusText } from './prometheus.ts';
export {
  type EventSource,
  type MeterLike,
  type ObservableLike,
  observeMetrics,
  type ObserverLike,
  type SpanLike,
  traceEvents,
  type TracerLike,
} from './open-telemetry.ts';
