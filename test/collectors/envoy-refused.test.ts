import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STAT } from '../../src/collectors/envoy-growth.ts';
import { takeRefused } from '../../src/collectors/envoy-refused.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;
const row = (stats: Stats) => Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
const host = { scheme: 'tcp', address: '10.0.0.1', port: 8080, connectFails: 0, errors: 0, timeouts: 0 };

/** What is said of one poll, and what of these counters is left to explain. */
const take = (counted: Stats, errors = 0, connectFails = 0) => {
  const stats = { 'internal.upstream_rq_5xx': counted.upstream_rq_503 ?? counted.upstream_rq_500 ?? 0, ...counted };
  const hosts = errors > 0 ? [{ ...host, errors, connectFails }] : [];
  const growth = { stats: row(stats), totals: row({ ...stats, upstream_cx_http1_total: 9 }), hosts };
  const [refused, rest] = takeRefused({ ...growth, vanished: [], soleHost: null });
  const left = Object.keys(counted).map((stat) => rest.stats[STAT[stat as ClusterStat]]);
  return [refused.map(({ symptom, failure, count }) => `${symptom}${failure ? '!' : ''} ${count}`), left];
};

describe('takeRefused', () => {
  it('takes 5xx of a service that a filter asks from those of the cluster', () => {
    assert.deepEqual(take({ 'ext_authz.denied': 20, upstream_rq_503: 20 }), [['other! 20'], [0, 0]]);
    assert.deepEqual(take({ 'ratelimit.over_limit': 20, upstream_rq_503: 20 }), [['rate_limited! 20'], [0, 0]]);
    assert.deepEqual(take({ 'ext_authz.denied': 20, upstream_rq_500: 20 }), [['other! 20'], [0, 0]]);
  });

  it('leaves refusals that no 5xx goes with (403, 429)', () => {
    assert.deepEqual(take({ 'ext_authz.denied': 20, 'ratelimit.over_limit': 5 }), [[], [20, 5]]);
  });

  it('leaves what hosts have, and what other counters tell of', () => {
    assert.deepEqual(take({ 'ext_authz.denied': 20, upstream_rq_503: 20 }, 20), [[], [20, 20]]);
    assert.deepEqual(take({ 'ext_authz.denied': 20, upstream_rq_503: 30 }, 10), [['other! 20'], [0, 10]]);
    const overflow = { upstream_rq_pending_overflow: 8, upstream_rq_503: 8 };
    assert.deepEqual(take({ 'ext_authz.denied': 20, ...overflow }), [[], [20, 8, 8]]);
    const dropped = { 'ext_authz.denied': 20, upstream_rq_503: 50 };
    assert.deepEqual(take(dropped), [['other! 20'], [0, 30]]);
  });

  it('takes no more than 5xx of internal requests: it denied with 403 while others were dropped', () => {
    const denied = { 'ext_authz.denied': 20, upstream_rq_503: 20 };
    assert.deepEqual(take({ ...denied, 'internal.upstream_rq_5xx': 0 }), [[], [20, 20, 0]]);
    assert.deepEqual(take({ ...denied, 'internal.upstream_rq_5xx': 5 }), [['other! 5'], [15, 15, 5]]);
  });

  it('does not touch what Envoy’s memory of the poll holds', () => {
    const stats = row({ 'ext_authz.denied': 2, upstream_rq_503: 2 });
    takeRefused({ stats, totals: stats, hosts: [], vanished: [], soleHost: null });
    assert.equal(stats[STAT.upstream_rq_503], 2);
  });

  it('says nothing where a stats matcher hides what explains them', () => {
    assert.deepEqual(take({ 'ext_authz.denied': 2, upstream_rq_503: 2 }, 2, 2), [[], [2, 2]]);
  });
});
