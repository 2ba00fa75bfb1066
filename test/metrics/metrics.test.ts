/**
 * `varve/metrics`, the histograms under it, and the channels of diagnostics.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { metrics, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';

import { Latency, SAMPLE_PERIOD } from '../../src/base/latency.ts';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import {
  type MeterLike,
  observeMetrics,
  type ObserverLike,
  prometheusText,
  traceEvents,
  type TracerLike,
} from '../../src/metrics/index.ts';

const memory = (location = '/db'): Promise<Database<string, string>> =>
  open(location, { vfs: new MemoryVfs(), keyEncoding: 'utf8', valueEncoding: 'utf8' });

describe('a histogram', () => {
  it('has each time in the bucket up to whose bound it goes', () => {
    const latency = new Latency();
    for (const ms of [0, 0.001, 0.0011, 0.002, 0.0021, 1, 1e9]) latency.note(ms);
    const { boundsMs, counts, count, totalMs } = latency.stats;
    expect(counts.length).toBe(boundsMs.length + 1);
    expect(counts.slice(0, 4)).toEqual([2, 2, 1, 0]);
    expect(counts.at(-1)).toBe(1);
    expect(counts[boundsMs.findIndex((bound) => bound >= 1)]).toBe(1);
    expect([count, Math.round(totalMs)]).toEqual([7, 1e9 + 1]);
  });

  it('says what half, 99 in 100, and the longest of them took', () => {
    const latency = new Latency();
    const told = (): number[] => {
      const { p50Ms, p99Ms, maxMs } = latency.stats;
      return [p50Ms, p99Ms, maxMs];
    };
    expect(told()).toEqual([0, 0, 0]);
    for (let i = 0; i < 98; i++) latency.note(0.03);
    latency.note(3);
    latency.note(7);
    expect(told()).toEqual([0.032, 4.096, 7]);
    for (let i = 0; i < 200; i++) latency.note(1e6);
    expect(told()).toEqual([1e6, 1e6, 1e6]); // above every bound the longest is known
  });

  it('counts for all operations, of which it measures some (latency/counts-for-all)', async () => {
    const db = await memory();
    const count = SAMPLE_PERIOD * 3;
    for (let i = 0; i < count; i++) await db.put(`k${i}`, 'v', { durability: 'os' });
    for (let i = 0; i < count; i++) db.getSync(`k${i}`);
    for (let i = 0; i < count; i++) await db.get(`k${i}`);
    let rows = 0;
    for (const _ of db.entries()) rows++;
    for await (const _ of db.keys()) rows++;
    await db.flush();
    const { get, commit, scanStep, flush, sync } = db.stats().latencies;
    expect(rows).toBe(2 * count);
    expect([get.count, commit.count, scanStep.count]).toEqual([2 * count, count, 2 * count]);
    expect(flush.count).toBe(1);
    expect(sync.count).toBe(db.stats().log.syncCount);
    await db.close();
  });
});

describe('prometheusText()', () => {
  it('has help, type and numbers of each metric, and buckets that add up', async () => {
    const [a, b] = [await memory('/a "quoted"'), await memory('/b')];
    await a.put('k', 'v');
    const text = prometheusText([a, b], { names: ['say "a"\n', 'b'] });
    const lines = text.trimEnd().split('\n');
    for (const line of lines) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) varve_\w+ .+|varve_\w+\{(\w+="([^"\\\n]|\\.)*",?)+\} \S+)$/,
      );
    }
    expect(lines).toContain('varve_commits_total{database="say \\"a\\"\\n"} 1');
    expect(lines).toContain('varve_commits_total{database="b"} 0');
    expect(lines).toContain('varve_level_tables{database="b",level="0"} 0');
    const last = 'varve_latency_seconds_bucket{database="b",operation="sync",le="+Inf"}';
    expect(lines).toContain(`${last} ${b.stats().log.syncCount}`);
    expect(prometheusText(b, { prefix: 'store' })).toContain('\nstore_up{database="/b"} 1\n');
    await a.close();
    expect(() => prometheusText(a)).toThrow('Database is closed');
    await b.close();
  });

  it('has every metric that the dashboard asks for', async () => {
    const db = await memory();
    const text = prometheusText(db);
    const path = new URL('../../docs/grafana-dashboard.json', import.meta.url);
    const { panels } = JSON.parse(readFileSync(path, 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const names = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/varve_\w+/g) ?? []),
    );
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !text.includes(`\n${name}{`))).toEqual([]);
    await db.close();
  });
});

describe('OpenTelemetry', () => {
  it('takes the meter and the tracer of @opentelemetry/api', async () => {
    const db = await memory();
    observeMetrics(db, metrics.getMeter('varve'))();
    traceEvents(db, trace.getTracer('varve'))();
    await db.close();
  });

  it('observes every number with its attributes, until it is ended', async () => {
    const db = await memory();
    await db.put('k', 'v');
    await db.flush();
    const seen = new Map<string, [number, object]>();
    let callback: ((observer: ObserverLike) => void) | undefined;
    const make = (name: string): object => ({ name });
    const meter: MeterLike = {
      createObservableCounter: make,
      createObservableGauge: make,
      addBatchObservableCallback: (given) => (callback = given),
      removeBatchObservableCallback: () => (callback = undefined),
    };
    const stop = observeMetrics(db, meter, 'main');
    const observe = ({ name }: { name: string }, value: number, labels: object): void => {
      seen.set(`${name} ${Object.values(labels).join(' ')}`, [value, labels]);
    };
    callback?.({ observe } as ObserverLike);
    expect(seen.get('varve.commits_total main')).toEqual([1, { database: 'main' }]);
    expect(seen.get('varve.level_tables main 0')?.[0]).toBe(1);
    expect(seen.get('varve.latency main flush 0.5')?.[0]).toBeGreaterThan(0);
    stop();
    expect(callback).toBeUndefined();
    await db.close();
  });

  it('makes a span of each flush', async () => {
    const db = await memory();
    const spans: { name: string; startTime: number; endMs: number; attributes: object }[] = [];
    const tracer: TracerLike = {
      startSpan: (name, { startTime, attributes }) => ({
        end: (endMs) => void spans.push({ name, startTime, endMs, attributes }),
      }),
    };
    const stop = traceEvents(db, tracer);
    await db.put('k', 'v');
    await db.flush();
    stop();
    await db.put('k', 'w');
    await db.flush();
    expect(spans.map(({ name }) => name)).toEqual(['varve.flush']);
    expect(spans[0]?.attributes).toMatchObject({ 'varve.database': '/db', 'varve.entryCount': 1 });
    expect(spans[0]!.endMs).toBeGreaterThanOrEqual(spans[0]!.startTime);
    await db.close();
  });
});

describe('channels of diagnostics', () => {
  it('tell of commits and events, once somebody subscribes (channels/free-without-subscribers)', async () => {
    const db = await memory();
    const heard: unknown[] = [];
    const listener = (message: unknown, name: string | symbol): void =>
      void heard.push([name, message]);
    await db.put('before', 'v');
    const names = ['varve:commit', 'varve:flush-finished', 'varve:closed'];
    for (const name of names) subscribe(name, listener);
    try {
      await db.batch([
        { type: 'put', key: 'k', value: 'v' },
        { type: 'del', key: 'before' },
      ]);
      await db.flush();
      await db.close();
    } finally {
      for (const name of names) unsubscribe(name, listener);
    }
    expect(heard).toEqual([
      ['varve:commit', { location: '/db', sequence: 3, commitCount: 1, operationCount: 2 }],
      ['varve:flush-finished', expect.objectContaining({ location: '/db', entryCount: 2 })],
      ['varve:closed', { location: '/db' }],
    ]);
  });
});
