import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counter, foreignCounter, gauge } from '../../src/contract/metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const TABLE = {
  failures: counter('badgateway_failures_total', 'Failures.\nSecond \\ line.', ['gateway', 'upstream']),
  drops: foreignCounter('badgateway_drops_total', 'Kernel drops.', ['netns']),
  entries: gauge('badgateway_entries', 'Entries.', []),
} as const;

function stepClock(startMs = 1_000_000) {
  let now = startMs;
  return { now: () => now, step: (ms: number) => (now += ms) };
}

function setUp(limit?: number) {
  const clock = stepClock();
  const registry = new MetricRegistry(clock, limit);
  return { clock, registry, metrics: registry.writers(TABLE) };
}

const text = async (registry: MetricRegistry, scraper = 'p') => (await registry.render('text', scraper)).toString();

describe('MetricRegistry', () => {
  it('writes the same bytes as prom-client, hostile label values included', async () => {
    const { registry, metrics } = setUp();
    metrics.failures.inc({ gateway: 'a"b\\c\nd', upstream: 'ünï' }, 3);
    metrics.drops.set({ netns: 'host' }, 12345678901);
    metrics.entries.set({}, 0.25);
    await registry.render('text', 'p');
    assert.equal(await text(registry), await registry.prom.metrics());
    metrics.entries.set({}, 1e21);
    metrics.failures.inc({ gateway: 'a"b\\c\nd', upstream: 'ünï' }, 997);
    metrics.failures.inc({ gateway: 'other', upstream: '' });
    assert.equal(await text(registry), await registry.prom.metrics());
    assert.match(await text(registry), /badgateway_failures_total\{gateway="a\\"b\\\\c\\nd",upstream="ünï"\} 1000\n/);
  });

  it('a page that is being sent keeps its figures while the next one is written', async () => {
    const { registry, metrics } = setUp();
    for (let i = 0; i < 2000; i++) metrics.drops.set({ netns: `namespace ${i} ${'x'.repeat(40)}` }, 1);
    const page = await registry.page('text', 'p');
    const read = () => Buffer.concat(page.parts).toString();
    const before = read();
    assert.ok(page.parts.length > 1, 'one text is long enough to be sent from where it stands');
    for (let i = 0; i < 2000; i++) metrics.drops.set({ netns: `namespace ${i} ${'x'.repeat(40)}` }, i % 12);
    const after = await text(registry);
    assert.equal(read(), before);
    page.release();
    assert.equal(await text(registry), after);
    assert.equal(after, await registry.prom.metrics());
  });

  it('writes NaN and infinities as Prometheus reads them', async () => {
    const { registry, metrics } = setUp();
    for (const [value, written] of [
      [Number.NaN, 'NaN'],
      [Number.POSITIVE_INFINITY, '+Inf'],
      [Number.NEGATIVE_INFINITY, '-Inf'],
    ] as const) {
      metrics.entries.set({}, value);
      assert.ok((await text(registry)).includes(`badgateway_entries ${written}\n`));
    }
  });

  it('writes OpenMetrics: family without _total, EOF at the end, also with process metrics', async () => {
    const { registry, metrics } = setUp();
    metrics.drops.set({ netns: 'host' }, 1);
    const body = (await registry.render('openmetrics', 'p')).toString();
    assert.match(body, /# TYPE badgateway_drops counter\nbadgateway_drops_total\{netns="host"\} 1\n/);
    assert.ok(body.endsWith('# EOF\n'));
    registry.collectProcessMetrics();
    const both = (await registry.render('openmetrics', 'p')).toString();
    assert.equal(both.match(/# EOF/g)?.length, 1);
    assert.match(both, /process_resident_memory_bytes \d+/);
  });

  it('shows a new event counter at 0 until every active scraper has read it', async () => {
    const { clock, registry, metrics } = setUp();
    await text(registry, 'a');
    await text(registry, 'b');
    metrics.failures.inc({ gateway: 'g', upstream: '' }, 5);
    assert.match(await text(registry, 'a'), /upstream=""\} 0\n/);
    assert.match(await text(registry, 'a'), /upstream=""\} 0\n/, 'b has not seen the 0 yet');
    assert.match(await text(registry, 'b'), /upstream=""\} 0\n/);
    assert.match(await text(registry, 'b'), /upstream=""\} 5\n/);
    clock.step(1);
  });

  it('forgets a scraper after five minutes and holds nothing longer than a minute', async () => {
    const { clock, registry, metrics } = setUp();
    await text(registry, 'gone');
    metrics.failures.inc({ gateway: 'g', upstream: '' }, 5);
    assert.match(await text(registry, 'a'), /upstream=""\} 0\n/);
    clock.step(60_000);
    assert.match(await text(registry, 'a'), /upstream=""\} 5\n/);
    clock.step(300_001);
    metrics.failures.inc({ gateway: 'h', upstream: '' }, 7);
    assert.match(await text(registry, 'a'), /"h",upstream=""\} 0\n/);
    assert.match(await text(registry, 'a'), /"h",upstream=""\} 7\n/);
  });

  it('folds open labels into the overflow series when a family is full, and counts it', async () => {
    const { registry, metrics } = setUp(2);
    for (const upstream of ['u1', 'u2', 'u3', 'u4']) metrics.failures.inc({ gateway: 'g', upstream });
    assert.equal(registry.get('badgateway_failures_total')?.value({ gateway: 'g', upstream: '__overflow__' }), 2);
    assert.match(await text(registry), /badgateway_series_overflowed_total\{metric="badgateway_failures_total"\} 0\n/);
    assert.match(await text(registry), /badgateway_series_overflowed_total\{metric="badgateway_failures_total"\} 2\n/);
  });

  it('gives a removed series a clean slot', async () => {
    const { registry, metrics } = setUp();
    metrics.drops.set({ netns: 'pod' }, 9);
    metrics.drops.remove({ netns: 'pod' });
    assert.doesNotMatch(await text(registry), /netns=/);
    metrics.drops.set({ netns: 'host' }, 4);
    assert.match(await text(registry), /netns="host"\} 4\n/);
    metrics.drops.reset();
    assert.doesNotMatch(await text(registry), /netns=/);
  });

  it('restores event counters from a checkpoint at once, and tolerates nonsense', async () => {
    const first = setUp();
    first.metrics.failures.inc({ gateway: 'g', upstream: 'u' }, 41);
    first.metrics.drops.set({ netns: 'host' }, 5);
    const saved = JSON.parse(JSON.stringify(first.registry.persistent().save()));
    const second = setUp();
    second.registry.persistent().restore(saved);
    assert.match(await text(second.registry), /upstream="u"\} 41\n/);
    assert.doesNotMatch(await text(second.registry), /netns=/, "another's counter is read again, not restored");
    for (const bad of [null, 7, { badgateway_failures_total: [[{ gateway: 1 }, 2], 'x'] }, { unknown: [] }]) {
      assert.doesNotThrow(() => second.registry.persistent().restore(bad));
    }
  });

  it('hurries the checkpoint for what a crash would lose, not for what is read again', () => {
    const { registry, metrics } = setUp();
    const part = registry.persistent();
    const count = () => metrics.failures.inc({ gateway: 'g', upstream: 'u' });
    assert.equal(part.isUrgent?.(), false);
    registry.countReplayable(count);
    metrics.drops.set({ netns: 'host' }, 5);
    assert.equal(part.isUrgent?.(), false);
    count();
    assert.equal(part.isUrgent?.(), true);
    registry.countReplayable(count);
    assert.equal(part.isUrgent?.(), true);
    part.save();
    assert.equal(part.isUrgent?.(), false);
    count();
    assert.equal(part.isUrgent?.(), true);
  });

  it('refuses a negative increment, a missing label and a clashing declaration', () => {
    const { registry, metrics } = setUp();
    assert.throws(() => metrics.failures.inc({ gateway: 'g', upstream: 'u' }, -1), /cannot grow by -1/);
    assert.throws(() => metrics.failures.inc({ gateway: 'g' } as never), /label upstream is missing/);
    assert.throws(() => registry.writers({ x: gauge('badgateway_entries', 'Other.', ['a']) }), /declared twice/);
  });
});
