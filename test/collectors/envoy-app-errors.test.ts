import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppErrors } from '../../src/collectors/envoy-app-errors.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;
const row = (stats: Stats) => Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
/** What each of the polls counts; after them come two in which nothing grows. */
const count = (polls: readonly Stats[], totals: Stats = { upstream_cx_http1_total: 100 }) => {
  const errors = new AppErrors();
  return [...polls, {}, {}].map((stats) =>
    errors
      .explain({ stats: row(stats), totals: row(totals), hosts: [], vanished: [], soleHost: null })
      .reduce((sum, finding) => sum + finding.count, 0),
  );
};

describe('AppErrors', () => {
  it('counts codes that Envoy does not make at once, and those that it tried again', () => {
    assert.deepEqual(count([{ upstream_rq_500: 3, upstream_rq_520: 1 }]), [4, 0, 0]);
    const retried = { 'retry.upstream_rq_5xx': 4, 'retry.upstream_rq_completed': 4, upstream_rq_retry: 4 };
    assert.deepEqual(count([{ ...retried, upstream_rq_500: 2 }]), [6, 0, 0]);
  });

  it('counts 502, 503 and 504 that nothing explains, when the next poll does not either', () => {
    assert.deepEqual(count([{ upstream_rq_502: 1, upstream_rq_503: 2, upstream_rq_504: 3 }]), [0, 6, 0]);
    assert.deepEqual(count([{ upstream_rq_503: 2 }, { upstream_rq_503: 3 }]), [0, 2, 3, 0]);
  });

  it('counts none that Envoy made itself', () => {
    for (const stats of [
      { upstream_rq_pending_failure_eject: 2, upstream_rq_503: 2 },
      { upstream_cx_none_healthy: 2, upstream_rq_503: 2 },
      { upstream_rq_pending_overflow: 2, upstream_rq_503: 2 },
      { upstream_cx_pool_overflow: 2, upstream_rq_503: 2 },
      { upstream_rq_maintenance_mode: 2, upstream_rq_503: 2 },
      { upstream_rq_rx_reset: 2, upstream_rq_503: 2 },
      { upstream_cx_destroy_remote_with_active_rq: 2, upstream_rq_503: 2 },
      { upstream_cx_destroy_local_with_active_rq: 2, upstream_rq_503: 2 },
      { upstream_cx_destroy_local_with_active_rq: 2, upstream_rq_timeout: 2, upstream_rq_504: 2 },
      { upstream_cx_destroy_local_with_active_rq: 2, upstream_cx_protocol_error: 2, upstream_rq_502: 2 },
      { upstream_cx_destroy_remote_with_active_rq: 2, upstream_cx_protocol_error: 2, upstream_rq_502: 2 },
    ] satisfies Stats[])
      assert.deepEqual(count([stats]), [0, 0, 0], JSON.stringify(stats));
  });

  it('counts no 504 that no host has: Envoy counts one for each attempt of a request that it hedges', () => {
    const hedged = { upstream_rq_timeout: 20, upstream_rq_504: 20, upstream_rq_retry: 10 };
    const host = { scheme: 'tcp', address: '10.0.0.1', port: 80, connectFails: 0, errors: 20, timeouts: 20 };
    const totals = row({ upstream_cx_http1_total: 100, upstream_rq_timeout: 20 });
    const say = (errors: number) => {
      const answers = new AppErrors();
      const of = { totals, vanished: [], soleHost: host, hasHosts: true };
      const quiet = { stats: row({}), hosts: [] };
      const polls = [{ stats: row(hedged), hosts: [{ ...host, errors }] }, quiet, quiet];
      return polls.flatMap((poll) => answers.explain({ ...of, ...poll })).reduce((sum, { count: one }) => sum + one, 0);
    };
    assert.deepEqual([say(20), say(23), say(30)], [0, 3, 10]);
  });

  it('expects no answer of a stream that was open for too long: none is counted', () => {
    const closed = { upstream_cx_destroy_local_with_active_rq: 4, upstream_rq_max_duration_reached: 4 };
    assert.deepEqual(count([{ ...closed, upstream_rq_504: 3 }]), [0, 3, 0]);
  });

  it('counts none for requests that were given up, unless clients that have left explain all of these', () => {
    const stats: Stats = { upstream_cx_destroy_local_with_active_rq: 7, upstream_rq_503: 10 };
    assert.deepEqual(count([stats]), [0, 3, 0]);
    const totals = row({ upstream_cx_http1_total: 100 });
    const errors = new AppErrors();
    const [of, again] = [stats, {}].map((one) =>
      errors.explain({
        ...{ stats: row(one), totals, hosts: [], vanished: [], soleHost: null, haveClientsLeft: true },
      }),
    );
    assert.deepEqual([of.length, again.map(({ count: found }) => found)], [0, [10]]);
  });

  it('does not know whose 503s were while an upstream of HTTP/2 said GOAWAY', () => {
    const errors = new AppErrors();
    const said = (stats: Stats, totals: Stats) =>
      errors
        .explain({ stats: row(stats), totals: row(totals), hosts: [], vanished: [], soleHost: null })
        .map(({ symptom, count: found }) => `${found} ${symptom}`);
    const [http1, http2] = [{ upstream_cx_http1_total: 100 }, { upstream_cx_http2_total: 100 }];
    const refused = { upstream_rq_503: 120, upstream_cx_close_notify: 1 };
    assert.deepEqual(
      [said(refused, http2), said({}, http2), said({}, http2)],
      [[], ['20 upstream_5xx', '100 other'], []],
    );
    const [before, after] = [{ upstream_rq_503: 2 }, { upstream_cx_close_notify: 1 }];
    assert.deepEqual([said(before, http2), said(after, http2), said({}, http2)], [[], ['2 other'], []]);
    assert.deepEqual([said(refused, http1), said({}, http1)], [[], ['120 upstream_5xx']], 'Connection: close');
    const others = { upstream_rq_502: 3, upstream_rq_500: 1, upstream_cx_close_notify: 1 };
    assert.deepEqual([said(others, http2), said({}, http2)], [['1 upstream_5xx'], ['3 upstream_5xx']]);
  });

  it('counts none of a failure whose counters were read before and after it happened', () => {
    const [attempt, its503] = [{ upstream_rq_pending_failure_eject: 1 }, { upstream_rq_503: 1 }];
    assert.deepEqual(count([its503, attempt]), [0, 0, 0, 0]);
    assert.deepEqual(count([attempt, its503]), [0, 0, 0, 0]);
    assert.deepEqual(count([{ upstream_rq_503: 5 }, attempt]), [0, 3, 1, 0]);
  });

  it('counts none of failures that go on, whenever their counters are read', () => {
    const steady = { upstream_rq_pending_failure_eject: 5, upstream_rq_503: 5 };
    const ahead = { upstream_rq_pending_failure_eject: 5, upstream_rq_503: 6 };
    const behind = { upstream_rq_pending_failure_eject: 6, upstream_rq_503: 5 };
    assert.deepEqual(count([ahead, steady, steady, behind]), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual(count([behind, steady, ahead, steady]), [0, 0, 0, 0, 0, 0]);
    const mixed = { upstream_rq_pending_failure_eject: 5, upstream_rq_503: 9 };
    assert.deepEqual(count([mixed, mixed, mixed]), [0, 3, 4, 5, 0]);
  });

  it('counts none of the streams that an upstream refused, and no reset for what it answered itself', () => {
    const ofHttp2 = { upstream_cx_http2_total: 1 };
    assert.deepEqual(count([{ 'http2.rx_reset': 10, upstream_rq_503: 10 }], ofHttp2), [0, 0, 0]);
    assert.deepEqual(
      count([{ 'http2.rx_reset': 10, upstream_rq_rx_reset: 10, upstream_rq_503: 12 }], ofHttp2),
      [0, 2, 0],
    );
  });

  it('takes a failure that was long ago for no explanation', () => {
    assert.deepEqual(count([{ upstream_rq_pending_failure_eject: 9 }, {}, { upstream_rq_503: 2 }]), [0, 0, 0, 2, 0]);
  });

  it('sees behind attempts that were tried again', () => {
    const closed = { upstream_cx_destroy_remote_with_active_rq: 6, upstream_rq_retry: 6 };
    assert.deepEqual(count([closed]), [0, 0, 0]);
    assert.deepEqual(count([{ ...closed, upstream_rq_503: 6 }]), [0, 6, 0]);
    const late = { upstream_rq_per_try_timeout: 12, upstream_rq_retry: 6, upstream_rq_504: 6 };
    assert.deepEqual(count([late]), [0, 0, 0]);
    assert.deepEqual(count([{ ...late, upstream_rq_504: 0, upstream_rq_503: 6 }]), [0, 6, 0]);
  });

  it('says nothing of 503 where a stats matcher hides what explains them', () => {
    assert.deepEqual(count([{ upstream_rq_503: 2, upstream_rq_500: 1 }], {}), [1, 0, 0]);
  });

  it('says nothing of 503 where HTTP/1 and HTTP/2 connections ended together', () => {
    const stats = { upstream_cx_destroy_remote_with_active_rq: 2, upstream_rq_503: 2 };
    assert.deepEqual(count([stats], { upstream_cx_http1_total: 1, upstream_cx_http2_total: 1 }), [0, 0, 0]);
  });
});
