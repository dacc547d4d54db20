import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClustersAnswers, givenUp, NOTHING_GIVEN_UP, OwnAnswers } from '../../src/collectors/envoy-own-answers.ts';
import type { GlobalStat } from '../../src/parse/envoy-global-stats.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

const MAX_DURATION = 'downstream_rq_max_duration_reached';

type Growths = Partial<Record<GlobalStat, number>>;
const mapOf = (growths: Growths) => new Map(Object.entries(growths)) as Map<GlobalStat, number>;
/** What is said of each of these polls: a number after a symptom, `!` where it is a failure. */
const say = (...polls: readonly (readonly [growths: Growths, ofClusters?: number])[]) => {
  const answers = new OwnAnswers();
  return polls.map(([growths, ofClusters = 0]) =>
    answers
      .explain({ growths: mapOf(growths), ofClusters, isLogged: false })
      .map(({ symptom, failure, count }) => `${symptom}${failure ? '!' : ''} ${count}`)
      .join(', '),
  );
};

describe('OwnAnswers', () => {
  it('counts streams that were idle or open for too long, not those of slow clients (408)', () => {
    assert.deepEqual(say([{ downstream_rq_5xx: 10, downstream_rq_idle_timeout: 10 }], [{}]), [
      'response_timeout! 10',
      '',
    ]);
    assert.deepEqual(say([{ downstream_rq_5xx: 3, downstream_rq_max_duration_reached: 3 }], [{}]), [
      'response_timeout! 3',
      '',
    ]);
    assert.deepEqual(say([{ downstream_rq_idle_timeout: 10 }], [{}]), ['', '']);
    assert.deepEqual(say([{ downstream_rq_5xx: 10, downstream_rq_idle_timeout: 10 }, 10], [{}]), ['', '']);
  });

  it('misses no answer for connections that were closed unread', () => {
    const closed: Growths = { downstream_rq_overload_close: 9, connections_shed: 9 };
    assert.deepEqual(say([closed], [{ downstream_rq_5xx: 9 }], [{}]), ['', '', 'other! 9']);
  });

  it('takes an answer that was counted a poll later', () => {
    const [timeout, answer]: Growths[] = [{ downstream_rq_idle_timeout: 4 }, { downstream_rq_5xx: 4 }];
    assert.deepEqual(say([timeout], [answer], [{}]), ['', 'response_timeout! 4', '']);
    assert.deepEqual(say([answer], [timeout], [{}], [{}]), ['', 'response_timeout! 4', '', '']);
  });

  it('tells a local rate limit that answers 503 from one that answers 429', () => {
    assert.deepEqual(say([{ downstream_rq_5xx: 9, rate_limited: 9 }], [{}]), ['rate_limited! 9', '']);
    assert.deepEqual(say([{ rate_limited: 9 }], [{}]), ['rate_limited 9', '']);
  });

  it('leaves to a followed access log what its flags and codes say', () => {
    const growths = mapOf({
      ...{ downstream_rq_5xx: 20, downstream_rq_idle_timeout: 5, [MAX_DURATION]: 4, rate_limited: 3 },
    });
    const logged = new OwnAnswers();
    const tooLong = { symptom: 'response_timeout', failure: true, host: null, count: 4, isLogged: true };
    assert.deepEqual(logged.explain({ growths, ofClusters: 0, isLogged: true }), [tooLong]);
    assert.deepEqual(logged.explain({ growths: mapOf({}), ofClusters: 0, isLogged: true }), []);
    const limited = { symptom: 'rate_limited', failure: false, host: null, count: 3 };
    const tooMany = { growths: mapOf({ rate_limited: 3 }), ofClusters: 0, isLogged: true };
    assert.deepEqual(new OwnAnswers().explain(tooMany), [limited], '429');
  });

  it('counts what nobody else tells of, when the next poll does not either', () => {
    assert.deepEqual(say([{ downstream_rq_5xx: 5 }], [{}], [{}]), ['', 'other! 5', '']);
    assert.deepEqual(say([{ downstream_rq_5xx: 5 }], [{}, 5], [{}]), ['', '', '']);
    assert.deepEqual(say([{}, 5], [{ downstream_rq_5xx: 5 }], [{}]), ['', '', '']);
  });

  it('counts nothing that others tell of', () => {
    for (const stat of ['no_cluster', 'downstream_rq_overload_close', 'rq_blocked', 'rq_rejected', 'aborts_injected'])
      assert.deepEqual(say([{ downstream_rq_5xx: 5, [stat]: 5 }], [{}], [{}]), ['', '', ''], stat);
    assert.deepEqual(say([{ downstream_rq_5xx: 500 }, 497], [{ downstream_rq_5xx: 500 }, 503], [{}], [{}]), [
      '',
      '',
      '',
      '',
    ]);
  });
});

describe('ClustersAnswers', () => {
  const row = (stats: Partial<Record<ClusterStat, number>>) =>
    Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
  const host = { scheme: 'http', address: '10.0.0.1', port: 8080, connectFails: 0, errors: 4, timeouts: 0 };
  const growth = (stats: Partial<Record<ClusterStat, number>>, totals: Partial<Record<ClusterStat, number>>) => {
    return { stats: row(stats), totals: row(totals), hosts: [host], vanished: [], soleHost: host };
  };

  it('names the only cluster of which requests were given up', () => {
    const clusters = new ClustersAnswers();
    const given = givenUp(growth({ upstream_cx_destroy_local_with_active_rq: 4 }, { upstream_cx_http1_total: 9 }));
    clusters.add({ name: 'a', alias: '' }, row({ upstream_rq_503: 2, upstream_rq_504: 1 }), NOTHING_GIVEN_UP);
    clusters.add({ name: 'b', alias: 'c' }, row({}), given);
    const timeout = { symptom: 'response_timeout', failure: true, host: null, count: 4 } as const;
    assert.deepEqual([clusters.errors, clusters.isHidden], [3, false]);
    assert.deepEqual(clusters.place(timeout), [{ ...timeout, host }, 'b', 'c']);
    assert.deepEqual(clusters.place({ ...timeout, symptom: 'other' }), [{ ...timeout, symptom: 'other' }, '']);
    clusters.add({ name: 'd', alias: '' }, row({}), given);
    assert.deepEqual(clusters.place(timeout), [timeout, '']);
  });

  it('knows when a stats matcher hides what clusters count', () => {
    assert.ok(givenUp(growth({}, {})).isHidden);
    assert.ok(!givenUp(growth({}, { upstream_cx_http2_total: 1 })).isHidden);
  });
});
