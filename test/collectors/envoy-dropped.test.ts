import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppErrors } from '../../src/collectors/envoy-app-errors.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;
const row = (stats: Stats) => Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
const host = { scheme: 'tcp', address: '10.0.0.1', port: 8080, connectFails: 0, errors: 0, timeouts: 0 };

interface Poll extends Stats {
  /** 5xx that the cluster's host has counted. */
  readonly errors?: number;
  readonly hasLost?: boolean;
}

/** What is said of each of the polls, and of four in which nothing grows. */
const say = (polls: readonly Poll[], totals: Stats = { upstream_cx_http1_total: 1 }, hasHosts = true) => {
  const answers = new AppErrors();
  return [...polls, {}, {}, {}, {}].map(({ errors = 0, hasLost = false, ...stats }: Poll) =>
    answers
      .explain({
        ...{ stats: row(stats), totals: row(totals), hasHosts, soleHost: hasLost ? null : host },
        ...{ hosts: errors > 0 ? [{ ...host, errors }] : [], vanished: hasLost ? [host] : [] },
      })
      .map(({ symptom, host: of, count }) => `${count} ${symptom}${of === null ? '' : ' of the host'}`)
      .join(', '),
  );
};
const sum = (said: readonly string[], symptom: string) =>
  said
    .flatMap((one) => one.split(', '))
    .filter((one) => one.includes(symptom))
    .reduce((all, one) => all + Number.parseInt(one, 10), 0);

describe('DroppedRequests', () => {
  it('tells 503s that no host has from those that one answered', () => {
    assert.deepEqual(say([{ upstream_rq_503: 20 }]), ['', '20 overload', '', '', '']);
    assert.deepEqual(say([{ upstream_rq_503: 20, errors: 20 }]), ['', '20 upstream_5xx of the host', '', '', '']);
    const both = ['', '15 overload, 5 upstream_5xx of the host', '', '', ''];
    assert.deepEqual(say([{ upstream_rq_503: 20, errors: 5 }]), both);
  });

  it('counts each once beside other failures of the cluster', () => {
    for (const others of [
      { upstream_rq_pending_failure_eject: 6, errors: 6 },
      { upstream_rq_pending_overflow: 6 },
      { upstream_cx_pool_overflow: 6 },
      { upstream_cx_none_healthy: 6 },
      { upstream_rq_maintenance_mode: 6 },
      { upstream_cx_destroy_remote_with_active_rq: 6, errors: 6 },
    ] satisfies Poll[])
      assert.deepEqual(
        say([{ ...others, upstream_rq_503: 26 }]),
        ['', '20 overload', '', '', ''],
        JSON.stringify(others),
      );
    const retried = { 'retry.upstream_rq_5xx': 4, 'retry.upstream_rq_completed': 4, upstream_rq_retry: 4 };
    assert.deepEqual(say([{ ...retried, upstream_rq_503: 20, errors: 4 }]).slice(1), ['20 overload', '', '', '']);
    const triedAgain = { upstream_cx_destroy_remote_with_active_rq: 6, upstream_rq_retry: 6, errors: 6 };
    assert.equal(sum(say([{ ...triedAgain, upstream_rq_503: 20 }]), 'overload'), 20);
    const timeouts = { upstream_rq_timeout: 7, upstream_rq_504: 7, errors: 7 };
    assert.deepEqual(say([{ ...timeouts, upstream_rq_503: 20 }]).slice(1), ['20 overload', '', '', '']);
  });

  it('takes no answer for dropped that the host counted after its counters were read', () => {
    const said = say([{ upstream_rq_503: 100, errors: 80 }, { errors: 20 }]);
    assert.deepEqual([sum(said, 'overload'), sum(said, 'upstream_5xx')], [0, 100]);
    const steady = { upstream_rq_503: 100, errors: 100 };
    const storm = say([{ upstream_rq_503: 100, errors: 80 }, steady, steady, steady, { errors: 20 }]);
    assert.deepEqual([sum(storm, 'overload'), sum(storm, 'upstream_5xx')], [0, 400]);
  });

  it('tells both in a storm that goes on, whenever hosts were read', () => {
    const steady = { upstream_rq_503: 100, errors: 70 };
    const said = say([{ upstream_rq_503: 100, errors: 60 }, steady, steady, steady, steady, { errors: 10 }]);
    assert.deepEqual([sum(said, 'overload'), sum(said, 'upstream_5xx')], [150, 350]);
  });

  it('does not hold against later answers what was not counted at a host once', () => {
    const early = { upstream_rq_pending_failure_eject: 9, upstream_rq_503: 9 };
    assert.equal(sum(say([early, {}, { upstream_rq_503: 9, errors: 9 }]), 'overload'), 0);
  });

  it('knows nothing of hosts that have left, and of a cluster without hosts of its own', () => {
    assert.equal(sum(say([{ upstream_rq_503: 5, hasLost: true }]), 'overload'), 0);
    assert.equal(sum(say([{ upstream_rq_503: 5 }], undefined, false), 'overload'), 0);
  });

  it('knows what never was an attempt, also where hosts have left', () => {
    const left = (stats: Stats) =>
      say([{ ...stats, hasLost: true }], { upstream_cx_http1_total: 1, upstream_rq_total: 9 });
    assert.equal(sum(left({ upstream_rq_503: 20 }), 'overload'), 20);
    assert.equal(sum(left({ upstream_rq_503: 20, upstream_rq_total: 20 }), 'overload'), 0);
    const answered = left({ upstream_rq_503: 20, upstream_rq_2xx: 30, upstream_rq_total: 45 });
    assert.deepEqual([sum(answered, 'overload'), sum(answered, 'upstream_5xx')], [5, 15]);
    const denied = { upstream_rq_503: 20, upstream_rq_4xx: 20, 'ext_authz.denied': 20 };
    assert.equal(sum(left({ ...denied, upstream_rq_total: 20 }), 'overload'), 0);
  });

  it('takes no attempt of the last poll for a request that had none', () => {
    const [stats, totals] = [row({ upstream_rq_503: 20 }), row({ upstream_cx_http1_total: 1, upstream_rq_total: 20 })];
    const growth = { stats, totals, hasHosts: true, soleHost: null, hosts: [], vanished: [host], activeBefore: 20 };
    const answers = new AppErrors();
    answers.explain(growth);
    const said = answers.explain({ ...growth, stats: row({}), activeBefore: 0 });
    assert.deepEqual(
      said.map(({ symptom }) => symptom),
      ['upstream_5xx'],
    );
  });

  it('needs no answer of a host where the cluster’s other counters are shown', () => {
    assert.deepEqual(say([{ upstream_rq_503: 5 }], { update_success: 1 }).slice(0, 2), ['', '5 overload']);
    assert.deepEqual(say([{ upstream_rq_503: 5 }], {}), ['', '', '', '', '']);
  });
});
