import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import client from 'prom-client';
import { counter, histogram } from '../../src/contract/metrics.ts';
import { Histogram } from '../../src/metrics/histogram.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const BUCKETS = [0.1, 1, 2.5, 60];
const TABLE = {
  gaps: histogram('badgateway_gap_seconds', 'Gaps.', ['gateway', 'upstream'], BUCKETS),
  bare: histogram('badgateway_bare_seconds', 'Without labels.', [], [1]),
  events: counter('badgateway_events_total', 'Events.', ['gateway']),
} as const;

function setUp(limit?: number) {
  let nowMs = 1_000_000;
  const registry = new MetricRegistry({ now: () => nowMs }, limit);
  return { registry, metrics: registry.writers(TABLE), step: (ms: number) => (nowMs += ms) };
}

const text = async (registry: MetricRegistry, scraper = 'p') => (await registry.render('text', scraper)).toString();
const samples = async (registry: MetricRegistry) =>
  (await text(registry)).split('\n').filter((line) => line.startsWith('badgateway_gap_seconds'));

/** prom-client's own histograms with the same observations. */
function promTwin() {
  const prom = new client.Registry();
  const common = { registers: [prom], help: 'Gaps.' };
  const gaps = new client.Histogram({
    ...common,
    name: 'badgateway_gap_seconds',
    labelNames: ['gateway', 'upstream'],
    buckets: BUCKETS,
  });
  return { prom, gaps };
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

describe('Histogram', () => {
  it('writes the same bytes as prom-client’s, also through its registry, whatever is observed', async () => {
    const { registry, metrics } = setUp();
    const { prom, gaps } = promTwin();
    const random = randomOf(7);
    for (let i = 0; i < 400; i++) {
      const labels = {
        gateway: ['a', 'b"\\\n', 'ünï'][Math.floor(random() * 3)],
        upstream: `u${Math.floor(random() * 4)}`,
      };
      const value = [0, 0.1, 1, 2.5, 60, random(), random() * 100][Math.floor(random() * 7)];
      metrics.gaps.observe(labels, value);
      gaps.observe(labels, value);
      if (i % 40 > 0) continue;
      await text(registry);
      const body = await text(registry);
      assert.ok(body.includes(await prom.getSingleMetricAsString('badgateway_gap_seconds')));
      assert.equal(body, await registry.prom.metrics());
    }
  });

  it('writes the same samples in OpenMetrics', async () => {
    const { registry, metrics } = setUp();
    metrics.gaps.observe({ gateway: 'a', upstream: '' }, 0.5);
    const body = (await registry.render('openmetrics', 'p')).toString();
    const twin = promTwin();
    twin.prom.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE as never);
    twin.gaps.zero({ gateway: 'a', upstream: '' });
    assert.ok(body.includes((await twin.prom.metrics()).replace('# EOF\n', '')));
  });

  it('passes promtool', async (context) => {
    if (spawnSync('promtool', ['--version']).error) return context.skip('promtool is not there');
    const { registry, metrics } = setUp();
    metrics.gaps.observe({ gateway: 'a', upstream: '' }, 0.5);
    metrics.bare.observe({}, 0.5);
    await text(registry);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await text(registry) });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });

  it('shows a new series at 0, all of it, until every scraper has read that', async () => {
    const { registry, metrics } = setUp();
    metrics.gaps.observe({ gateway: 'a', upstream: '' }, 0.5);
    metrics.gaps.observe({ gateway: 'a', upstream: '' }, 0.25);
    assert.ok((await samples(registry)).every((line) => line.endsWith(' 0')));
    assert.deepEqual(
      (await samples(registry)).map((line) => Number(line.split(' ').at(-1))),
      [0, 2, 2, 2, 2, 0.75, 2],
    );
  });

  it('creates a series at 0, which the first observation then finds', async () => {
    const { registry, metrics } = setUp();
    metrics.gaps.create({ gateway: 'a', upstream: '' });
    assert.equal((await samples(registry)).length, BUCKETS.length + 3);
    await text(registry);
    metrics.gaps.observe({ gateway: 'a', upstream: '' }, 100);
    assert.equal((await samples(registry)).at(-1), 'badgateway_gap_seconds_count{gateway="a",upstream=""} 1');
  });

  it('keeps the lines of a series together, in order, when others have gone', async () => {
    const { registry, metrics } = setUp();
    for (const upstream of ['u1', 'u2', 'u3']) metrics.gaps.observe({ gateway: 'a', upstream }, 0.5);
    await text(registry);
    metrics.gaps.remove({ gateway: 'a', upstream: 'u1' });
    metrics.gaps.remove({ gateway: 'a', upstream: 'u2' });
    await text(registry);
    for (const upstream of ['u4', 'u5']) metrics.gaps.observe({ gateway: 'a', upstream }, 2);
    await text(registry);
    const names = (await samples(registry)).map((line) => line.replace(/.*(u\d)".* (.*)$/, '$1 $2'));
    const [fresh, old] = [
      [0, 0, 1, 1, 1, 2, 1],
      [0, 1, 1, 1, 1, 0.5, 1],
    ];
    const of = (name: string, values: readonly number[]) => values.map((value) => `${name} ${value}`);
    assert.deepEqual(names, [...of('u5', fresh), ...of('u4', fresh), ...of('u3', old)]);
    const bounds = (await samples(registry)).slice(0, 5).map((line) => /le="(.*?)"/.exec(line)?.[1]);
    assert.deepEqual(bounds, ['0.1', '1', '2.5', '60', '+Inf']);
  });

  it('survives the release of a series that was removed while it was held at 0', async () => {
    const { registry, metrics } = setUp();
    metrics.gaps.observe({ gateway: 'a', upstream: 'held' }, 0.5);
    metrics.events.inc({ gateway: 'held' });
    await text(registry);
    metrics.gaps.reset();
    metrics.events.reset();
    await text(registry);
    assert.deepEqual(await samples(registry), []);
  });

  it('goes on after a restart at once, and begins anew with other bounds or nonsense', async () => {
    const first = setUp();
    first.metrics.gaps.observe({ gateway: 'a', upstream: '' }, 0.5);
    first.metrics.gaps.observe({ gateway: 'a', upstream: '' }, 70);
    assert.equal(first.registry.persistent().isUrgent?.(), true);
    const saved = JSON.parse(JSON.stringify(first.registry.persistent().save()));
    const second = setUp();
    second.registry.persistent().restore(saved);
    await text(first.registry);
    assert.deepEqual(await samples(second.registry), await samples(first.registry));
    const { gaps } = { gaps: saved.badgateway_gap_seconds };
    for (const bad of [
      null,
      7,
      { ...gaps, buckets: [1, 2] },
      { ...gaps, rows: [[{ gateway: 'a', upstream: '' }, [1, 2]]] },
      { ...gaps, rows: [[{ gateway: 'a', upstream: '' }, [3, 2, 3, 4, 5, 6]]] },
      { ...gaps, rows: [[{ gateway: 'a' }, [1, 1, 1, 1, 1, 1]], null] },
      [[{ gateway: 'a', upstream: '' }, 3]],
    ]) {
      const third = setUp();
      third.registry.persistent().restore({ badgateway_gap_seconds: bad, badgateway_events_total: gaps });
      assert.deepEqual(await samples(third.registry), []);
    }
  });

  it('folds open labels when its lines reach the limit of series, and counts it', async () => {
    const { registry, metrics } = setUp(2 * (BUCKETS.length + 3));
    for (const upstream of ['u1', 'u2', 'u3', 'u4']) metrics.gaps.observe({ gateway: 'g', upstream }, 1);
    await text(registry);
    assert.match(await text(registry), /gap_seconds_count\{gateway="g",upstream="__overflow__"\} 2\n/);
    assert.match(await text(registry), /overflowed_total\{metric="badgateway_gap_seconds"\} 2\n/);
  });

  it('refuses what cannot be observed, a missing label, and bad bounds', () => {
    const { registry, metrics } = setUp();
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => metrics.bare.observe({}, value), /cannot be observed/);
    assert.throws(() => metrics.gaps.observe({ gateway: 'g' } as never, 1), /label upstream is missing/);
    const options = { limit: 10, births: null as never, onOverflow() {} };
    assert.throws(() => new Histogram(histogram('badgateway_x_seconds', '', [], [2, 1]), options), /must ascend/);
    assert.throws(() => new Histogram(histogram('badgateway_x_seconds', '', ['le'], [1]), options), /not a label/);
    const other = { x: histogram('badgateway_bare_seconds', 'Without labels.', [], [2]) };
    assert.throws(() => registry.writers(other), /declared twice/);
  });

  it('merges what was counted elsewhere: as if each value had been observed', async () => {
    const { registry, metrics } = setUp();
    const { prom, gaps } = promTwin();
    const labels = { gateway: 'edge', upstream: 'cart' };
    metrics.gaps.create(labels);
    await text(registry);
    for (const value of [0, 0.1, 0.5, 2, 2.5, 61, 61]) gaps.observe(labels, value);
    metrics.gaps.merge(labels, [2, 1, 2, 0, 2], 127.1);
    metrics.gaps.merge(labels, new Float64Array(5), 0);
    assert.deepEqual(metrics.gaps.buckets, BUCKETS);
    const expected = (await prom.metrics()).split('\n').filter((line) => line.startsWith('badgateway_gap_seconds'));
    assert.deepEqual(await samples(registry), expected);
  });

  it('refuses counts that do not fit the buckets', () => {
    const { metrics } = setUp();
    const labels = { gateway: 'edge', upstream: 'cart' };
    for (const counts of [
      [1, 2],
      [1, 2, 3, 4, -1],
      [0.5, 0, 0, 0, 0],
      [Number.NaN, 0, 0, 0, 0],
    ])
      assert.throws(() => metrics.gaps.merge(labels, counts, 1), /5 counts and their sum are expected/);
    assert.throws(() => metrics.gaps.merge(labels, [1, 0, 0, 0, 0], Number.NaN), RangeError);
  });

  it('has configured bounds in place of the declared ones', async () => {
    const registry = new MetricRegistry({ now: () => 0 }, 100, { badgateway_gap_seconds: [0.5] });
    const { gaps, bare } = registry.writers(TABLE);
    registry.writers({ gaps: TABLE.gaps });
    gaps.observe({ gateway: 'edge', upstream: 'cart' }, 0.4);
    assert.deepEqual([gaps.buckets, bare.buckets], [[0.5], [1]]);
    assert.match(await text(registry), /le="0.5",gateway="edge"/);
    assert.doesNotMatch(await text(registry), /le="2.5"/);
  });
});
