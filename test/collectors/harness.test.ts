import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { HARNESS_METRICS, Harness } from '../../src/collectors/harness.ts';
import type { EvidenceSource } from '../../src/contract/evidence.ts';
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

describe('Harness.hurry', () => {
  const awaited: ReadonlySet<EvidenceSource> = new Set(['conntrack', 'netstat']);

  /** A collector every 15 s whose polls end when told to, or at once. */
  async function hurried(t: TestContext, { holds = false, isEarly = false } = {}) {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
    const begun: number[] = [];
    const told: { fail: boolean; isEarly: boolean; reads: EvidenceSource | null; end: () => void } = {
      ...{ fail: false, reads: 'netstat', isEarly },
      end: () => {},
    };
    const registry = new MetricRegistry({ now: () => Date.now() });
    const silent = () => {};
    const harness = new Harness({
      name: 'probe',
      collector: {
        get answersDoubts() {
          return told.reads;
        },
        get isEarly() {
          return told.isEarly;
        },
        notes: () => [],
        poll: async () => {
          begun.push(Date.now() - 1_000_000);
          if (holds && begun.length > 1) await new Promise<void>((resolve) => (told.end = resolve));
          if (told.fail) throw new Error('cannot read');
          return ok;
        },
      },
      intervalMs: 15_000,
      writers: registry.writers(HARNESS_METRICS),
      resetGauges: silent,
      clock: { now: () => Date.now() },
      log: { debug: silent, info: silent, warn: silent, error: silent },
    });
    t.after(() => {
      told.end();
      return harness.stop();
    });
    await harness.run();
    /** So much later, with all that follows from a poll that began. */
    const pass = async (ms: number) => {
      t.mock.timers.tick(ms);
      await settled();
    };
    return { harness, begun, told, pass };
  }
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  it('polls at once when the last poll began two seconds ago, then goes on every interval', async (t) => {
    const { harness, begun, pass } = await hurried(t);
    await pass(5_000);
    harness.hurry(awaited);
    await pass(0);
    assert.deepEqual(begun, [0, 5_000]);
    await pass(14_999);
    assert.equal(begun.length, 2);
    await pass(1);
    assert.deepEqual(begun, [0, 5_000, 20_000]);
  });

  it('waits until two seconds are over, and counts many hurries as one', async (t) => {
    const { harness, begun, pass } = await hurried(t);
    await pass(500);
    for (let at = 0; at < 3; at++) harness.hurry(awaited);
    await pass(1_499);
    assert.deepEqual(begun, [0]);
    await pass(1);
    assert.deepEqual(begun, [0, 2_000]);
    await pass(5_000);
    assert.equal(begun.length, 2);
  });

  it('polls every two seconds as long as it is early for the collector', async (t) => {
    const { harness, begun, told, pass } = await hurried(t, { isEarly: true });
    await pass(2_000);
    await pass(500);
    harness.hurry(awaited);
    await pass(0);
    assert.deepEqual(begun, [0, 2_000, 2_500], 'verdicts do not wait for what nobody asked for');
    told.isEarly = false;
    await pass(2_000);
    await pass(14_999);
    assert.deepEqual(begun, [0, 2_000, 2_500, 4_500]);
    await pass(1);
    assert.deepEqual(begun, [0, 2_000, 2_500, 4_500, 19_500]);
  });

  it('never puts off the poll that is due sooner', async (t) => {
    const { harness, begun, pass } = await hurried(t);
    await pass(14_900);
    harness.hurry(awaited);
    await pass(0);
    harness.hurry(awaited);
    assert.deepEqual(begun, [0, 14_900]);
    await pass(2_000);
    assert.deepEqual(begun, [0, 14_900, 16_900]);
  });

  it('never polls twice at once: what is asked meanwhile is read after it', async (t) => {
    const { harness, begun, told, pass } = await hurried(t, { holds: true });
    await pass(15_000);
    harness.hurry(awaited);
    await pass(4_000);
    assert.deepEqual(begun, [0, 15_000]);
    told.end();
    await settled();
    await pass(0);
    assert.deepEqual(begun, [0, 15_000, 19_000]);
  });

  it('leaves a collector that fails to its back-off', async (t) => {
    const { harness, begun, told, pass } = await hurried(t);
    told.fail = true;
    await pass(15_000);
    harness.hurry(awaited);
    await pass(29_999);
    assert.deepEqual(begun, [0, 15_000]);
    told.fail = false;
    await pass(1);
    assert.deepEqual(begun, [0, 15_000, 45_000]);
    harness.hurry(awaited);
    await pass(2_000);
    assert.equal(begun.length, 4);
  });

  it('leaves one alone that reads nothing of what is awaited, and one that is stopped', async (t) => {
    const { harness, begun, told, pass } = await hurried(t);
    await pass(5_000);
    harness.hurry(new Set());
    harness.hurry(new Set(['conntrack', 'sockets']));
    told.reads = null;
    harness.hurry(awaited);
    await pass(9_999);
    assert.equal(begun.length, 1);
    told.reads = 'netstat';
    await harness.stop();
    harness.hurry(awaited);
    await pass(60_000);
    assert.equal(begun.length, 1);
  });
});
