import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AggregateAnswers, isBelowAggregate } from '../../src/collectors/envoy-aggregates.ts';
import { AppErrors } from '../../src/collectors/envoy-app-errors.ts';
import { explainCluster } from '../../src/collectors/envoy-failures.ts';
import type { ClusterGrowth } from '../../src/collectors/envoy-growth.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;
const row = (stats: Stats) => Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
const host = { scheme: 'tcp', address: '10.0.0.1', port: 8080, connectFails: 0, errors: 0, timeouts: 0 };
const ASKED: Stats = { upstream_rq_total: 40, upstream_cx_http1_total: 40 };

interface Poll extends Stats {
  readonly errors?: number;
  readonly timeouts?: number;
}

/** What is said of the polls of a cluster below an aggregate; `before`: it had this, too. */
const below = (polls: readonly Poll[], before: Stats = {}) => {
  const [aggregate, answers] = [new AggregateAnswers(), new AppErrors()];
  const said = polls.map(({ errors = 0, timeouts = 0, ...stats }) => {
    const totals = row({ ...ASKED, ...before });
    const hosts = errors > 0 ? [{ ...host, errors, timeouts }] : [];
    const of = { stats: row(stats), totals, hosts, vanished: [], soleHost: host, hasHosts: true };
    const growth = aggregate.place(of, true);
    return [...explainCluster(growth), ...answers.explain(growth)];
  });
  return said.map((findings) => findings.map(({ symptom, count }) => `${count} ${symptom}`).join(', '));
};

describe('AggregateAnswers', () => {
  it('tells answers of 5xx and timeouts by the hosts, as the aggregate has their codes', () => {
    assert.deepEqual(below([{ errors: 20 }, {}]), ['20 upstream_5xx', '']);
    assert.deepEqual(below([{ errors: 20, timeouts: 20, upstream_cx_destroy_local_with_active_rq: 20 }, {}]), [
      '20 response_timeout',
      '',
    ]);
  });

  it('counts what was broken off once, also where a host has it at the next poll', () => {
    const closed = { upstream_cx_destroy_remote_with_active_rq: 20 };
    assert.deepEqual(below([{ ...closed, errors: 20 }, {}]), ['20 premature_close', '']);
    assert.deepEqual(below([{ ...closed, errors: 15 }, { errors: 5 }, { errors: 3 }]), [
      '20 premature_close',
      '',
      '3 upstream_5xx',
    ]);
  });

  it('leaves a cluster alone that has answers of its own', () => {
    assert.deepEqual(below([{ errors: 20 }, {}], { upstream_rq_2xx: 1 }), ['', '']);
    assert.ok(!isBelowAggregate(row({ ...ASKED, upstream_rq_504: 1 })));
    assert.ok(!isBelowAggregate(row({ upstream_rq_total: 4 })), 'sessions of a TCP proxy');
  });

  it('takes from the aggregate what the hosts below have, and nothing from others', () => {
    const stats = { upstream_rq_timeout: 20, upstream_rq_500: 5, upstream_cx_none_healthy: 2 };
    const growth: ClusterGrowth = { stats: row(stats), totals: row(stats), hosts: [], vanished: [], soleHost: null };
    const symptoms = (of: ClusterGrowth, areBelow: boolean) =>
      explainCluster(new AggregateAnswers().place(of, areBelow)).map(({ symptom }) => symptom);
    assert.deepEqual(symptoms(growth, true), ['no_healthy_upstream']);
    assert.deepEqual(symptoms(growth, false), ['response_timeout', 'no_healthy_upstream']);
    assert.deepEqual(symptoms({ ...growth, hasHosts: true }, true), ['response_timeout', 'no_healthy_upstream']);
  });
});
