import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { weighBroken } from '../../src/collectors/envoy-broken.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;
const row = (stats: Stats) => Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
const weigh = (stats: Stats, protocol: 1 | 2 | null = 1) =>
  weighBroken({
    stats: row(stats),
    totals: row(protocol === null ? {} : { [`upstream_cx_http${protocol}_total`]: 100 }),
  });
/** What requests of each kind add to Envoy's counters, as measured on 1.36.4. */
const ADDS = {
  cutBody: ['upstream_cx_protocol_error', 'upstream_cx_destroy_remote_with_active_rq'],
  cutHeader: ['upstream_cx_protocol_error', 'upstream_cx_destroy_remote_with_active_rq', 'upstream_rq_502'],
  closed: ['upstream_cx_destroy_remote_with_active_rq'],
  malformed: ['upstream_cx_protocol_error', 'upstream_cx_destroy_local_with_active_rq', 'upstream_rq_502'],
  tooLate: ['upstream_rq_timeout', 'upstream_cx_destroy_local_with_active_rq'],
} as const satisfies Record<string, readonly ClusterStat[]>;
const sumOfKinds = (kinds: Partial<Record<keyof typeof ADDS, number>>): Stats => {
  const stats: Stats = {};
  for (const [kind, count] of Object.entries(kinds))
    for (const stat of ADDS[kind as keyof typeof ADDS]) stats[stat] = (stats[stat] ?? 0) + count;
  return stats;
};

describe('weighBroken', () => {
  it('takes no protocol error of a connection that has said GOAWAY and has no request any more for a broken one', () => {
    const ended: Stats = { upstream_cx_protocol_error: 20, upstream_cx_close_notify: 20 };
    assert.equal(weigh(ended, 2).malformed, 0);
    assert.equal(weigh({ ...ended, upstream_rq_tx_reset: 5, upstream_rq_502: 5 }, 2).malformed, 10);
    assert.equal(weigh({ ...ended, upstream_rq_tx_reset: 20 }, 2).malformed, 20);
    assert.equal(weigh({ upstream_cx_protocol_error: 20 }, 2).malformed, 20);
  });

  it('tells every mixture of kinds apart', () => {
    const amount = fc.nat({ max: 20 });
    fc.assert(
      fc.property(
        fc.record({ cutBody: amount, cutHeader: amount, closed: amount, malformed: amount, tooLate: amount }),
        (kinds) => {
          const { cutBody, cutHeader, closed, malformed, tooLate } = kinds;
          assert.deepEqual(weigh(sumOfKinds(kinds)), {
            closed: closed + cutHeader,
            truncated: cutBody,
            malformed,
            timeouts: tooLate,
            ...{ abandoned: 0, localResets: 0, reset: 0, refused: 0, retried: 0 },
          });
        },
      ),
    );
  });

  it('counts no tunnel that ends, beside requests that the upstream closes', () => {
    const closedOf = (stats: Stats, ofTunnels: number) =>
      weighBroken({ stats: row(stats), totals: row({ upstream_cx_http1_total: 100, upstream_rq_101: ofTunnels }) })
        .closed;
    const ended = { upstream_cx_destroy_remote_with_active_rq: 7 };
    assert.equal(closedOf(ended, 20), 0);
    assert.equal(closedOf({ ...ended, upstream_rq_503: 3 }, 20), 3);
    assert.equal(closedOf({ ...ended, upstream_rq_retry: 2 }, 20), 2);
    const cutHeader = { ...ended, upstream_cx_protocol_error: 2, upstream_rq_502: 2 };
    assert.equal(closedOf(cutHeader, 20), 2);
    assert.equal(closedOf(ended, 0), 7, 'a cluster without tunnels');
  });

  it('finds cut bodies also while clients leave', () => {
    const stats = { ...sumOfKinds({ cutBody: 3 }), upstream_cx_destroy_local_with_active_rq: 7 };
    const { truncated, malformed, abandoned } = weigh(stats);
    assert.deepEqual({ truncated, malformed, abandoned }, { truncated: 3, malformed: 0, abandoned: 7 });
  });

  it('takes no malformed answer that was tried again for a cut one', () => {
    const stats: Stats = { ...sumOfKinds({ closed: 4, malformed: 4 }), upstream_rq_502: 0, upstream_rq_retry: 4 };
    const { closed, truncated, malformed, retried } = weigh(stats);
    assert.deepEqual({ closed, truncated, malformed, retried }, { closed: 4, truncated: 0, malformed: 4, retried: 4 });
  });

  it('counts nobody who was not there: each kind at most as often as its counters', () => {
    const any = fc.tuple(...CLUSTER_STATS.map(() => fc.nat({ max: 9 })));
    fc.assert(
      fc.property(any, (values) => {
        const stats = Float64Array.from(values);
        const { closed, truncated, malformed, timeouts, abandoned } = weighBroken({ stats, totals: row({}) });
        for (const count of [closed, truncated, malformed, timeouts, abandoned]) assert.ok(count >= 0);
        const http1 = weighBroken({ stats, totals: row({ upstream_cx_http1_total: 1 }) });
        const at = (stat: ClusterStat) => stats[CLUSTER_STATS.indexOf(stat)];
        assert.equal(http1.closed + http1.truncated, at('upstream_cx_destroy_remote_with_active_rq'));
        assert.ok(http1.malformed >= 0 && http1.malformed <= at('upstream_cx_protocol_error'));
        assert.ok(http1.truncated >= 0 && http1.truncated <= at('upstream_cx_protocol_error'));
      }),
    );
  });

  it('HTTP/2: a reset without a 503 or another try came within the body', () => {
    const of = (stats: Stats) => {
      const { reset, truncated } = weigh(stats, 2);
      return { reset, truncated };
    };
    assert.deepEqual(of({ upstream_rq_rx_reset: 20 }), { reset: 0, truncated: 20 });
    assert.deepEqual(of({ upstream_rq_rx_reset: 20, upstream_rq_503: 20 }), { reset: 20, truncated: 0 });
    assert.deepEqual(of({ upstream_rq_rx_reset: 20, upstream_rq_retry: 15, upstream_rq_503: 2 }), {
      ...{ reset: 17, truncated: 3 },
    });
    // The application answers 503 too: the least number of cut ones.
    assert.deepEqual(of({ upstream_rq_rx_reset: 20, upstream_rq_503: 90 }), { reset: 20, truncated: 0 });
  });

  it('goes by streams on HTTP/2 and by nothing behind a TCP proxy', () => {
    const stats = { ...sumOfKinds({ closed: 2, malformed: 3, tooLate: 1 }), upstream_rq_tx_reset: 6 };
    const ofHttp2 = { localResets: 2, reset: 0, refused: 0 };
    const expected = { closed: 0, truncated: 0, malformed: 3, timeouts: 1, abandoned: 0, ...ofHttp2, retried: 0 };
    assert.deepEqual(weigh(stats, 2), expected);
    assert.deepEqual(weigh({ upstream_cx_destroy_remote_with_active_rq: 2 }, null).closed, 0);
  });
});
