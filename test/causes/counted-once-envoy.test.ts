import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CountedOnce } from '../../src/causes/counted-once.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { EDGE, setUp } from './counted-once-rig.ts';

describe('CountedOnce: Envoy', () => {
  it('Envoy: statistics alone at once; with the access log that counts, what only the statistics know is counted 15 s later', () => {
    const alone = setUp('envoy', ['stats']);
    alone.fail('stats', 'connect_refused', 4);
    assert.deepEqual(alone.totals(), { connect_refused: 4 });
    const both = setUp('envoy', ['stats', 'access_log']);
    both.fail('stats', 'connect_timeout', 4);
    both.fail('stats', 'upstream_5xx', 2);
    both.step(10_000);
    both.fail('access_log', 'connect_refused', 3);
    both.fail('access_log', 'upstream_5xx', 2);
    both.fail('access_log', 'no_healthy_upstream', 1, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'other' } });
    both.step(4_000);
    const expected = { connect_refused: 3, upstream_5xx: 2, no_healthy_upstream: 1 };
    assert.deepEqual(both.totals(), expected);
    both.step(1_000);
    assert.deepEqual(both.totals(), { ...expected, connect_timeout: 1 });
  });

  it('Envoy: a log that does not say why takes the symptom of the statistics, whoever comes first, and keeps its host', () => {
    const peer = { scheme: 'http', address: '10.0.0.9', port: 1 };
    for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const]) {
      const { once, fail, step, totals, passed } = setUp('envoy', ['stats', 'access_log']);
      for (const source of order)
        fail(
          source,
          source === 'stats' ? 'connect_refused' : 'other',
          2,
          source === 'stats' ? { peer: null } : { peer },
        );
      assert.deepEqual(totals(), { connect_refused: 2 });
      // What the statistics say is no word of the log's: that would know the errno.
      assert.deepEqual([passed[0]?.peer, passed[0]?.source], [peer, 'stats']);
      assert.ok(!once.isWaiting);
      fail('access_log', 'other', 3, { peer });
      step(12_000);
      assert.deepEqual(totals(), { connect_refused: 2, other: 3 });
      fail('stats', 'connect_refused', 4);
      step(15_000);
      assert.deepEqual(totals(), { connect_refused: 3, other: 3 });
    }
  });

  it('Envoy: statistics that do not know whether the upstream answered so are what the log says, whoever comes first', () => {
    for (const symptom of ['reset', 'upstream_5xx'] as const) {
      for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const]) {
        const { once, fail, step, totals } = setUp('envoy', ['stats', 'access_log']);
        for (const source of order) fail(source, source === 'stats' ? 'other' : symptom, 2);
        assert.deepEqual(totals(), { [symptom]: 2 });
        assert.ok(!once.isWaiting);
        fail('stats', 'other', 3, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'stock' } });
        fail('access_log', symptom, 1);
        step(15_000);
        assert.deepEqual(totals(), { [symptom]: 3, other: 3 }, 'of another cluster');
      }
    }
  });

  it('Envoy: a log that does not say why waits for two readings of the statistics, and no longer', () => {
    const rig = setUp('envoy', ['stats', 'access_log']);
    const { once, fail, step, totals } = rig;
    const read = (ms: number) => {
      step(ms);
      once.read('envoy', EDGE, 'stats', rig.options.clock.now());
    };
    read(0);
    step(500);
    fail('access_log', 'other', 2);
    read(2_000);
    assert.deepEqual(totals(), {}, 'what one reading cannot tell apart comes with the next');
    fail('stats', 'connect_refused', 1);
    assert.deepEqual(totals(), { connect_refused: 1 });
    read(2_000);
    assert.deepEqual(totals(), { connect_refused: 1, other: 1 });
    // Written late: the statistics have been read twice since.
    fail('access_log', 'other', 1, { atMs: rig.options.clock.now() - 3_000 });
    assert.deepEqual(totals(), { connect_refused: 1, other: 2 });
    assert.ok(!once.isWaiting);
  });

  it('Envoy: what was tried again stands in no access log, and is counted at once', () => {
    const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
    fail('stats', 'connect_refused', 2, { isOnlyHere: true });
    assert.deepEqual(totals(), { connect_refused: 2 });
    fail('stats', 'connect_refused', 1);
    fail('access_log', 'connect_refused', 1);
    assert.deepEqual(totals(), { connect_refused: 3 });
    assert.ok(!once.isWaiting);
  });

  it('Envoy’s default format: no cluster, so by host, and by what can have no host', () => {
    const at = (address: string) => ({ peer: { scheme: 'tcp', address, port: 80 } });
    const unsaid = { upstream: UNKNOWN_UPSTREAM };
    for (const isLogFirst of [true, false]) {
      const { fail, step, totals, once } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'response_timeout', 2, { ...unsaid, ...at('10.0.0.1') });
        fail('access_log', 'no_healthy_upstream', 1, { ...unsaid, peer: null });
        fail('access_log', 'other', 3, { ...unsaid, ...at('10.0.0.2') });
        fail('access_log', 'reset', 1, { ...unsaid, ...at('10.0.0.3') });
      };
      if (isLogFirst) log();
      fail('stats', 'no_healthy_upstream', 1, { peer: null });
      fail('stats', 'connect_refused', 4, at('10.0.0.2'));
      fail('stats', 'response_timeout', 2, at('10.0.0.1'));
      // No host has counted it.
      fail('stats', 'reset', 1, { peer: null });
      if (!isLogFirst) log();
      step(15_000);
      // One of the refused was tried again.
      assert.deepEqual(totals(), { response_timeout: 2, no_healthy_upstream: 1, connect_refused: 4, reset: 1 });
      assert.ok(!once.isWaiting);
    }
  });

  it('Envoy’s default format: what had no host takes its cluster from the statistics, whoever comes first', () => {
    const said = { peer: null, upstream: UNKNOWN_UPSTREAM };
    for (const isLogFirst of [true, false]) {
      const { fail, step, passed, once } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'no_healthy_upstream', 2, said);
        fail('access_log', 'circuit_open', 1, said);
      };
      if (isLogFirst) log();
      fail('stats', 'circuit_open', 1, { peer: null });
      fail('stats', 'no_healthy_upstream', 3, { peer: null, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'shop' } });
      if (!isLogFirst) log();
      step(15_000);
      const told = passed.map(({ symptom, upstream: { upstream }, count }) => `${symptom} ${upstream} ${count}`);
      assert.deepEqual(told.sort(), [
        'circuit_open cart 1',
        'no_healthy_upstream shop 1',
        'no_healthy_upstream shop 2',
      ]);
      assert.ok(!once.isWaiting);
    }
    const alone = setUp('envoy', ['access_log']);
    alone.fail('access_log', 'no_healthy_upstream', 2, said);
    assert.deepEqual(alone.totals(), { no_healthy_upstream: 2 });
  });

  it('Envoy’s default format: a breaker that opened when a host was chosen is the one of the cluster', () => {
    for (const isLogFirst of [true, false]) {
      const { fail, step, totals, once } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'circuit_open', 3, { upstream: UNKNOWN_UPSTREAM });
        fail('access_log', 'circuit_open', 2, { upstream: UNKNOWN_UPSTREAM, peer: null });
        fail('access_log', 'reset', 1, { upstream: UNKNOWN_UPSTREAM });
      };
      if (isLogFirst) log();
      fail('stats', 'circuit_open', 5, { peer: null });
      if (!isLogFirst) log();
      step(15_000);
      assert.deepEqual(totals(), { circuit_open: 5, reset: 1 });
      assert.ok(!once.isWaiting);
    }
  });

  it('Envoy: what a log cannot place takes host and cluster of the statistics, and what waits is told of', () => {
    const { fail, step, passed, awaited } = setUp('envoy', ['stats', 'access_log']);
    fail('access_log', 'other', 2, { peer: null, upstream: UNKNOWN_UPSTREAM });
    fail('stats', 'connect_refused', 3, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'authorization' } });
    assert.deepEqual(awaited, ['other', 'connect_refused']);
    step(15_000);
    assert.deepEqual(
      passed.map(({ symptom, peer, upstream, count }) => [symptom, peer?.address, upstream.upstream, count]),
      [
        ['connect_refused', '10.0.0.1', 'authorization', 2],
        ['connect_refused', '10.0.0.1', 'authorization', 1],
      ],
    );
  });

  it('Envoy: what failed before the statistics were first read is told by the log alone, also over a restart', () => {
    const { fail, step, totals, once, options } = setUp('envoy', ['stats', 'access_log']);
    fail('access_log', 'reset', 2, { sinceMs: 900_000, atMs: 901_000 });
    fail('stats', 'reset', 1);
    step(15_000);
    assert.deepEqual(totals(), { reset: 3 });
    fail('access_log', 'reset', 5);
    const next = new CountedOnce(options);
    next.restore(JSON.parse(JSON.stringify(once.save())));
    next.present('envoy', EDGE, 'stats');
    const again = { subject: EDGE, peer: null, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart' } };
    const nowMs = options.clock.now();
    next.observe({
      ...{ ...again, proxy: 'envoy', symptom: 'reset', failure: true, count: 1, sinceMs: nowMs, atMs: nowMs },
    });
    next.tick(Number.POSITIVE_INFINITY);
    assert.deepEqual(totals(), { reset: 9 });
  });

  it('Envoy: a log that says the other name of a cluster (alt_stat_name) tells of the same failures', () => {
    const logged = { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'alias' } };
    for (const isLogFirst of [true, false]) {
      const { once, fail, step, totals, options } = setUp('envoy', ['stats', 'access_log']);
      if (isLogFirst) fail('access_log', 'reset', 2, logged);
      fail('stats', 'reset', 2, { upstreamAlias: 'alias' });
      fail('stats', 'reset', 1, { upstreamAlias: 'other' });
      if (!isLogFirst) fail('access_log', 'reset', 2, logged);
      step(15_000);
      assert.deepEqual(totals(), { reset: 3 });
      fail('stats', 'reset', 4, { upstreamAlias: 'alias' });
      const next = new CountedOnce(options);
      next.restore(JSON.parse(JSON.stringify(once.save())));
      next.present('envoy', EDGE, 'stats');
      const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
      const nowMs = options.clock.now();
      next.observe({
        ...{ proxy: 'envoy', subject: EDGE, symptom: 'reset', failure: true, count: 4, peer, source: 'access_log' },
        ...{ ...logged, sinceMs: nowMs - 1, atMs: nowMs },
      });
      next.tick(Number.POSITIVE_INFINITY);
      assert.deepEqual(totals(), { reset: 7 });
    }
  });

  it('Envoy: of symptoms that are no failures the statistics tell, where both do', () => {
    for (const [sources, count] of [
      [['access_log'], 1],
      [['stats', 'access_log'], 2],
    ] as const) {
      const { fail, totals } = setUp('envoy', sources);
      fail('access_log', 'route_not_found', 1, { failure: false });
      fail('access_log', 'client_abort', 1, { failure: false });
      if (count === 2) fail('stats', 'route_not_found', 2, { failure: false });
      assert.deepEqual(totals(), { route_not_found: count, client_abort: 1 });
    }
  });
});
