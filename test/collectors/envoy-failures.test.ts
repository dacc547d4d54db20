import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { explainCluster, isHalfRead } from '../../src/collectors/envoy-failures.ts';
import { type HostGrowth, STAT } from '../../src/collectors/envoy-growth.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;

const row = (stats: Stats) => Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
const host = (port: number, growth: Partial<HostGrowth> = {}): HostGrowth => ({
  scheme: 'tcp',
  address: '10.0.0.1',
  port,
  connectFails: 0,
  errors: 0,
  timeouts: 0,
  ...growth,
});
interface More {
  readonly totals?: Stats;
  readonly vanished?: HostGrowth[];
  readonly soleHost?: HostGrowth;
}
const growthOf = (stats: Stats, hosts: HostGrowth[] = [], more: More = {}) => ({
  stats: row(stats),
  totals: row({ ...stats, ...more.totals }),
  hosts,
  vanished: more.vanished ?? [],
  soleHost: more.soleHost ?? null,
});
const explain = (...args: Parameters<typeof growthOf>) =>
  explainCluster(growthOf(...args)).map(
    ({ symptom, failure, host: peer, count }) =>
      `${failure ? 'failure' : 'symptom'} ${symptom} ${peer?.port ?? '-'} ${count}`,
  );

describe('explainCluster', () => {
  it('tells limits of connections: of pools each request, of connections the sessions of a TCP proxy', () => {
    assert.deepEqual(explain({ upstream_cx_pool_overflow: 3 }), ['failure circuit_open - 3']);
    assert.deepEqual(explain({ upstream_cx_overflow: 4 }), ['failure circuit_open - 4']);
    assert.deepEqual(explain({ upstream_cx_overflow: 4 }, [], { totals: { upstream_cx_http1_total: 1 } }), []);
  });

  it('splits ejected requests over reasons by connections, and over hosts by their failed connections', () => {
    const stats = {
      upstream_rq_pending_failure_eject: 10,
      upstream_cx_connect_fail: 10,
      upstream_cx_connect_timeout: 4,
    };
    const found = explain(stats, [host(1, { connectFails: 5 }), host(2, { connectFails: 5 })]);
    assert.deepEqual(found, [
      'failure connect_refused 1 3',
      'failure connect_refused 2 3',
      'failure connect_timeout 1 2',
      'failure connect_timeout 2 2',
    ]);
  });

  it('tells why certificates were refused, of those failures only', () => {
    const stats: Stats = {
      ...{ upstream_rq_pending_failure_eject: 5, upstream_cx_connect_fail: 5, upstream_cx_connect_timeout: 3 },
      'ssl.fail_verify_san': 2,
    };
    const found = explainCluster(growthOf(stats, [host(1, { connectFails: 5 })]));
    assert.deepEqual(
      found.map(({ symptom, count, said }) => [symptom, count, said]),
      [
        ['connect_timeout', 3, undefined],
        ['tls_verify', 2, 'certificates refused: 2 without a name that is expected (ssl.fail_verify_san)'],
      ],
    );
  });

  it('shows attempts beyond the failed requests as symptoms only', () => {
    const stats = { upstream_rq_pending_failure_eject: 1, upstream_cx_connect_fail: 3, upstream_cx_connect_timeout: 3 };
    assert.deepEqual(explain(stats, [host(1, { connectFails: 3 })]), [
      'failure connect_timeout 1 1',
      'symptom connect_timeout 1 2',
    ]);
  });

  it('tells a failed verification from a failed handshake', () => {
    const stats = {
      upstream_rq_pending_failure_eject: 3,
      upstream_cx_connect_fail: 3,
      'ssl.fail_verify_san': 2,
      'ssl.connection_error': 1,
    };
    assert.deepEqual(explain(stats), ['failure tls_verify - 2', 'failure tls_handshake - 1']);
  });

  it('says of connections without the certificates that TLS needs that they were never begun', () => {
    const stats = {
      upstream_rq_pending_failure_eject: 3,
      upstream_cx_connect_fail: 3,
      'client_ssl_socket_factory.upstream_context_secrets_not_ready': 3,
    };
    assert.deepEqual(explain(stats), ['failure tls_handshake - 3']);
  });

  it('charges a host that just left when no present host failed', () => {
    const stats = { upstream_rq_pending_failure_eject: 2, upstream_cx_connect_fail: 2 };
    assert.deepEqual(explain(stats, [], { vanished: [host(9)] }), ['failure connect_refused 9 2']);
  });

  it('counts the streams of a dead HTTP/2 connection once', () => {
    const stats = { upstream_rq_pending_failure_eject: 5, upstream_cx_destroy_remote_with_active_rq: 1 };
    assert.deepEqual(explain(stats, [host(1, { errors: 5 })], { totals: { upstream_cx_http2_total: 1 } }), [
      'failure premature_close 1 5',
    ]);
  });

  it('counts a closed HTTP/1 request, but not the end of a TCP proxy session', () => {
    const stats = { upstream_cx_destroy_remote_with_active_rq: 2 };
    assert.deepEqual(explain(stats, [], { totals: { upstream_cx_http1_total: 9 } }), ['failure premature_close - 2']);
    assert.deepEqual(explain(stats), []);
  });

  it('charges an answer cut within its body to the only host, and to none of several', () => {
    const stats = { upstream_cx_destroy_remote_with_active_rq: 2, upstream_cx_protocol_error: 2 };
    const totals = { upstream_cx_http1_total: 9 };
    const hosts = [host(1, { errors: 5 }), host(2)];
    assert.deepEqual(explain(stats, [], { totals, soleHost: host(3) }), ['failure truncated_response 3 2']);
    assert.deepEqual(explain(stats, hosts, { totals }), ['failure truncated_response - 2']);
    assert.deepEqual(explain(stats, hosts, { totals, vanished: [host(4)] }), ['failure truncated_response 4 2']);
  });

  it('takes Envoy’s reset after its own timeout for no further event', () => {
    const stats = { upstream_rq_timeout: 2, upstream_rq_per_try_timeout: 1, upstream_rq_tx_reset: 4 };
    assert.deepEqual(explain(stats, [host(1, { timeouts: 3, errors: 3 })]), [
      'failure response_timeout 1 3',
      'symptom local_reset - 1',
    ]);
  });

  it('goes by the hosts where a stats matcher hides the cluster’s counters', () => {
    assert.deepEqual(explain({}, [host(1, { connectFails: 2 }), host(2, { timeouts: 1 })]), [
      'failure connect_refused 1 2',
      'failure response_timeout 2 1',
    ]);
  });

  it('names refusals without a host', () => {
    const stats = {
      upstream_rq_pending_overflow: 1,
      upstream_cx_none_healthy: 2,
      upstream_rq_maintenance_mode: 5,
      'ext_authz.denied': 3,
      'ratelimit.over_limit': 4,
    };
    assert.deepEqual(explain(stats), [
      'failure circuit_open - 1',
      'failure no_healthy_upstream - 2',
      'failure other - 5',
      'symptom ext_authz_denied - 3',
      'symptom rate_limited - 4',
    ]);
  });

  it('adds up to Envoy’s failed requests, whatever the mix', () => {
    const amount = fc.integer({ min: 0, max: 1000 });
    const anyHost = fc
      .record({ connectFails: amount, errors: amount, timeouts: amount })
      .map((growth) => host(1, growth));
    const wanted: ClusterStat[] = [
      'upstream_rq_pending_failure_eject',
      'upstream_rq_timeout',
      'upstream_rq_per_try_timeout',
      'upstream_rq_rx_reset',
      'upstream_cx_protocol_error',
      'upstream_rq_pending_overflow',
      'upstream_cx_none_healthy',
    ];
    const all: ClusterStat[] = [
      ...wanted,
      'upstream_cx_connect_fail',
      'upstream_cx_connect_timeout',
      'ssl.connection_error',
      'ssl.fail_verify_error',
      'upstream_rq_tx_reset',
    ];
    const anyStats = fc
      .tuple(...all.map(() => amount))
      .map((values) => Object.fromEntries(all.map((stat, index) => [stat, values[index]])) as Stats);
    fc.assert(
      fc.property(
        anyStats,
        fc.array(anyHost, { maxLength: 4 }),
        fc.array(anyHost, { maxLength: 2 }),
        (stats, hosts, vanished) => {
          const growth = growthOf(stats, hosts, {
            vanished,
            totals: { upstream_cx_connect_fail: 1e6, upstream_rq_timeout: 1e6 },
          });
          const counted = explainCluster(growth).reduce(
            (sum, finding) => sum + (finding.failure ? finding.count : 0),
            0,
          );
          assert.equal(
            counted,
            wanted.reduce((sum, stat) => sum + (stats[stat] ?? 0), 0),
          );
        },
      ),
    );
  });
});

describe('isHalfRead', () => {
  it('waits for the reason or the host of ejected requests, and not without need', () => {
    const ejected = { upstream_rq_pending_failure_eject: 1 };
    const failed = { ...ejected, upstream_cx_connect_fail: 1 };
    assert.equal(isHalfRead(growthOf({})), false);
    assert.equal(isHalfRead(growthOf(ejected)), true);
    assert.equal(isHalfRead(growthOf(failed)), true);
    assert.equal(isHalfRead(growthOf(failed, [host(1, { connectFails: 1 })])), false);
    assert.equal(isHalfRead(growthOf(failed, [], { vanished: [host(1)] })), false);
    assert.equal(row({ upstream_cx_active: 1 })[STAT.upstream_cx_active], 1);
  });
});
