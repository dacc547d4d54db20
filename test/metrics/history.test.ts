import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { foreignCounter, gauge, type Writers } from '../../src/contract/metrics.ts';
import { HISTORY_STEP_MS, HISTORY_STEPS, MetricHistory } from '../../src/metrics/history.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const LABELS = ['namespace', 'pod', 'netns'] as const;
const METRICS = {
  overflows: foreignCounter('badgateway_listen_overflows_total', 'x', LABELS),
  length: gauge('badgateway_listen_queue_length', 'x', [...LABELS, 'port']),
  limit: gauge('badgateway_listen_queue_limit', 'x', [...LABELS, 'port', 'estimated']),
};
const HOST = { namespace: '', pod: '', netns: 'host' };
let nowMs: number;
let writers: Writers<typeof METRICS>;
let history: MetricHistory;

/** The last values of the first row, the oldest first. */
const tail = (count: number) => [...(history.report().rows[0]?.values.slice(-count) ?? [])];
function step(): void {
  nowMs += HISTORY_STEP_MS;
  history.sample();
}

beforeEach(() => {
  nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const registry = new MetricRegistry(clock);
  history = new MetricHistory(registry, clock);
  history.sample();
  writers = registry.writers(METRICS);
});

describe('MetricHistory', () => {
  it('has nothing of families that do not exist', () => assert.deepEqual(history.report(), { rows: [], leftOut: 0 }));

  it('remembers how much a counter grew; the first reading says nothing', () => {
    for (const value of [100, 100, 107]) {
      writers.overflows.set(HOST, value);
      step();
    }
    assert.deepEqual(tail(4), [Number.NaN, Number.NaN, 0, 7]);
  });

  it('does not know a counter that began anew, nor across a gap', () => {
    for (const value of [100, 5, 6]) {
      writers.overflows.set(HOST, value);
      step();
    }
    writers.overflows.reset();
    step();
    writers.overflows.set(HOST, 90);
    step();
    assert.deepEqual(tail(5), [Number.NaN, Number.NaN, 1, Number.NaN, Number.NaN]);
  });

  it('remembers a level with its limit, whatever else the limit says', () => {
    writers.length.set({ ...HOST, port: '80' }, 3);
    writers.limit.set({ ...HOST, port: '80', estimated: 'true' }, 128);
    step();
    const [{ family, labels, limit }] = history.report().rows;
    assert.deepEqual([family, labels.port, limit, tail(1)], ['badgateway_listen_queue_length', '80', 128, [3]]);
  });

  it('leaves steps empty in which the machine slept', () => {
    writers.length.set({ ...HOST, port: '80' }, 3);
    step();
    nowMs += 2 * HISTORY_STEP_MS;
    step();
    assert.deepEqual(tail(4), [3, Number.NaN, Number.NaN, 3]);
  });

  it('forgets what was not seen for half an hour', () => {
    writers.length.set({ ...HOST, port: '80' }, 3);
    step();
    writers.length.reset();
    for (let at = 0; at < HISTORY_STEPS - 1; at++) step();
    assert.equal(history.report().rows.length, 1);
    step();
    assert.equal(history.report().rows.length, 0);
  });

  it('is bounded; what moves takes the place of what never did', () => {
    const port = (at: number) => ({ ...HOST, port: String(at) });
    for (let at = 0; at < 100; at++) writers.length.set(port(at), 0);
    step();
    assert.deepEqual([history.report().rows.length, history.report().leftOut], [64, 36]);
    writers.length.set(port(99), 12);
    step();
    const { rows } = history.report();
    assert.deepEqual([rows.length, rows.some(({ labels }) => labels.port === '99')], [64, true]);
  });
});
