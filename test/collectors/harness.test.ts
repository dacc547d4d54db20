import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HARNESS_METRICS, Harness } from '../../src/collectors/harness.ts';
import type { Collector, Outcome } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

function setUp(collector: Collector) {
  let now = 1_000_000;
  const clock = { now: () => now };
  const registry = new MetricRegistry(clock);
  const logged: { level: string; fields: Record<string, unknown> }[] = [];
  const logAs = (level: string) => (fields: object) =>
    void logged.push({ level, fields: fields as Record<string, unknown> });
  let resets = 0;
  const harness = new Harness({
    name: 'probe',
    collector,
    intervalMs: 1000,
    writers: registry.writers(HARNESS_METRICS),
    resetGauges: () => resets++,
    clock,
    log: { debug: logAs('debug'), info: logAs('info'), warn: logAs('warn'), error: logAs('error') },
  });
  const stateOf = (state: string) => registry.get('badgateway_collector_state')?.value({ collector: 'probe', state });
  const lastSuccess = () =>
    registry.get('badgateway_collector_last_success_timestamp_seconds')?.value({ collector: 'probe' });
  return { harness, logged, stateOf, lastSuccess, resets: () => resets, step: (ms: number) => (now += ms) };
}

const ok: Outcome = { state: 'ok', detail: 'fine' };

describe('Harness', () => {
  it('publishes exactly one state', async () => {
    const { harness, stateOf, lastSuccess } = setUp({ poll: () => ok });
    await harness.pollOnce();
    assert.deepEqual(['ok', 'absent', 'not_permitted', 'failed'].map(stateOf), [1, 0, 0, 0]);
    assert.equal(lastSuccess(), 1000);
  });

  it('isolates a throwing collector, logs it once, drops its gauges, keeps the last success', async () => {
    const outcomes = [ok, null, null, ok];
    const { harness, logged, stateOf, lastSuccess, resets, step } = setUp({
      poll: () => {
        const outcome = outcomes.shift();
        if (!outcome) throw new Error('reading /proc/x failed');
        return outcome;
      },
    });
    await harness.pollOnce();
    step(5000);
    await harness.pollOnce();
    await harness.pollOnce();
    assert.equal(stateOf('failed'), 1);
    assert.equal(lastSuccess(), 1000);
    assert.equal(resets(), 2);
    assert.equal(logged.filter(({ level }) => level === 'error').length, 1);
    assert.equal(harness.status.detail, 'reading /proc/x failed');
    await harness.pollOnce();
    assert.equal(stateOf('ok'), 1);
    assert.equal(lastSuccess(), 1005);
    assert.equal(logged.length, 3, 'ok, failed, ok');
  });

  it('drops the gauges when the subject is absent or not permitted, without calling it a failure', async () => {
    const { harness, resets, stateOf, lastSuccess } = setUp({
      poll: () => ({ state: 'not_permitted', detail: 'EACCES' }),
    });
    await harness.pollOnce();
    assert.equal(resets(), 1);
    assert.equal(stateOf('not_permitted'), 1);
    assert.equal(lastSuccess(), undefined);
  });

  it('survives a collector whose start throws, and polls it all the same', async () => {
    let polls = 0;
    const { harness, logged } = setUp({
      start: () => {
        throw new Error('no directory');
      },
      poll: () => {
        polls++;
        return ok;
      },
    });
    await harness.begin();
    await harness.run();
    await harness.stop();
    assert.equal(polls, 1);
    assert.equal(logged[0].fields.detail, 'no directory');
  });

  it('waits for a running poll and stops the collector', async () => {
    let stopped = false;
    const { harness } = setUp({
      poll: () => ok,
      stop: () => {
        stopped = true;
      },
    });
    await harness.begin();
    await harness.run();
    await harness.stop();
    assert.ok(stopped);
  });
});
