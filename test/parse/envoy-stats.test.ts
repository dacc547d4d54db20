import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CLUSTER_STATS, MAX_STATS_LINE_BYTES, StatsParser } from '../../src/parse/envoy-stats.ts';

const REAL = readFileSync(new URL('../fixtures/envoy/stats.txt', import.meta.url));

function read(text: string | Buffer, names: readonly string[], size = 1 << 30) {
  const seen: string[] = [];
  const parser = new StatsParser({
    findCluster: (name) => (names.includes(name) ? names.indexOf(name) : undefined),
    onCluster: (place, stat, value) => seen.push(`${names[place]} ${CLUSTER_STATS[stat]} ${value}`),
    onGlobal: (stat, name, value) => seen.push(`${stat} ${name} ${value}`),
  });
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += size) parser.push(bytes.subarray(i, i + size));
  parser.end();
  return { seen, skips: parser.skips };
}

describe('StatsParser', () => {
  it('reads a real dump: each cluster’s failures, once', () => {
    const names = ['circuit', 'refused', 'none|80||a.b;', 'rst', 'h2', 'h2garbage', 'slow', 'tls', 'u503'];
    const { seen } = read(REAL, names);
    const lines = (name: string) => seen.filter((line) => line.startsWith(`${name} `) && !line.endsWith(' 0'));
    assert.deepEqual(lines('none|80||a.b;'), [
      'none|80||a.b; upstream_cx_none_healthy 1',
      'none|80||a.b; upstream_rq_503 1',
    ]);
    assert.deepEqual(lines('circuit'), ['circuit upstream_rq_503 1', 'circuit upstream_rq_pending_overflow 1']);
    assert.deepEqual(
      lines('u503').filter((line) => line.includes('503 upstream_rq')),
      ['u503 upstream_rq_503 1', 'u503 upstream_rq_retry 2', 'u503 upstream_rq_total 3'],
    );
    assert.deepEqual(
      lines('slow').filter((line) => line.includes('timeout')),
      ['slow upstream_rq_per_try_timeout 2', 'slow upstream_rq_timeout 1'],
    );
    assert.ok(seen.includes('downstream_rq_5xx http.ingress.http.downstream_rq_5xx 12'));
    assert.ok(!seen.some((line) => line.includes('listener.127.0.0.1_19912.http') || line.includes('http.admin')));
    assert.equal(new Set(seen).size, seen.length);
  });

  it('reads the same wherever the dump is cut', () => {
    const whole = read(REAL, ['refused', 'slow']);
    for (const size of [1, 2, 7, 100, 4096])
      assert.deepEqual(read(REAL, ['refused', 'slow'], size), whole, `pieces of ${size}`);
  });

  it('splits names with dots, slashes, bars and semicolons by what /clusters named', () => {
    const names = ['a', 'a.b', 'a.b.upstream_cx_connect_fail', 'outbound|80||x.y.svc;', 'httproute/ns/name/rule/0'];
    const lines = names.map((name, index) => `cluster.${name}.upstream_rq_503: ${index}\n`);
    assert.deepEqual(
      read(lines.join(''), names).seen,
      names.map((name, index) => `${name} upstream_rq_503 ${index}`),
    );
    assert.deepEqual(
      read('cluster.a.ssl.connection_error: 4\ncluster.a.circuit_breakers.high.cx_open: 1\n', names).seen,
      ['a ssl.connection_error 4', 'a circuit_breakers.high.cx_open 1'],
    );
  });

  it('leaves out what counts twice', () => {
    const doubles = [
      'cluster.a.internal.',
      'cluster.a.external.',
      'cluster.a.canary.',
      'cluster.a.zone.x.y.',
      'cluster.a.retry.',
    ];
    const { seen, skips } = read(doubles.map((prefix) => `${prefix}upstream_rq_503: 9\n`).join(''), ['a']);
    assert.deepEqual(seen, []);
    assert.equal(skips.unknownCluster, doubles.length);
    const listeners = [
      'listener.0.0.0.0_80.worker_0.downstream_cx_overflow: 1',
      'listener.0.0.0.0_80.http.p.downstream_rq_5xx: 1',
      'listener.admin.downstream_cx_overflow: 1',
      'http.admin.downstream_rq_2xx: 4',
    ];
    assert.deepEqual(read(`${listeners.join('\n')}\nlistener.0.0.0.0_80.downstream_cx_overflow: 3`, []).seen, [
      'downstream_cx_overflow listener.0.0.0.0_80.downstream_cx_overflow 3',
    ]);
  });

  it('takes a duplicate line once', () => {
    assert.equal(read('http.p.no_cluster: 2\nhttp.p.no_cluster: 2\nhttp.q.no_cluster: 1\n', []).seen.length, 2);
  });

  it('knows RBAC denials before and since 1.29 and by policy, and not shadow rules', () => {
    const denied = [
      'connect_authzrbac.denied',
      'connect_authz.rbac.denied',
      'http.p.rbac.denied',
      'http.p.rbac.rules.denied',
    ];
    const other = ['http.p.rbac.shadow_denied', 'http.p.rbac.policy.x.shadow_denied', 'http.p.ext_authz.denied'];
    const allowed = ['http.p.rbac.allowed', 'http.p.lua.allowed'];
    const { seen } = read([...denied, ...other, ...allowed].map((name) => `${name}: 1\n`).join(''), []);
    assert.deepEqual(
      seen,
      denied.map((name) => `rbac_denied ${name} 1`),
    );
    const policies = ['http.p.rbac.policy.ns[a]-policy[b.c]-rule[0].denied', 'http.p.rbac.second.policy.x.allowed'];
    assert.deepEqual(read(policies.map((name) => `${name}: 1\n`).join(''), []).seen, [
      `rbac_policy_denied ${policies[0]} 1`,
      `rbac_policy_allowed ${policies[1]} 1`,
    ]);
    assert.deepEqual(read('http.my.policy.x.rbac.denied: 1\n', []).seen, [
      'rbac_denied http.my.policy.x.rbac.denied 1',
    ]);
  });

  it('passes over histograms, text readouts, HTML and hostile lines', () => {
    const lines = [
      'cluster.a.upstream_rq_time: P0(nan,1) P25(nan,1.02)',
      'cluster.a.upstream_rq_503: No recorded values',
      'cluster_manager.cds.version_text: "v: 13"',
      '<html>: 5',
      ': 5',
      'cluster.: 5',
      'cluster..upstream_rq_503: 1',
      'cluster.a.upstream_rq_503: -1',
      'cluster.a.upstream_rq_503:1',
      '',
    ];
    assert.deepEqual(read(lines.join('\r\n'), ['a', '']).seen, []);
    assert.deepEqual(read('cluster.a.upstream_rq_503: 1\r\n', ['a']).seen, ['a upstream_rq_503 1']);
  });

  it('counts what it cannot hold', () => {
    const long = `cluster.a${'x'.repeat(2 * MAX_STATS_LINE_BYTES)}.upstream_rq_503: 1\n`;
    const { seen, skips } = read(
      `cluster.a.upstream_rq_502: 11975404232982186540\n${long}cluster.a.upstream_rq_504: 3\n`,
      ['a'],
      4096,
    );
    assert.deepEqual(seen, ['a upstream_rq_504 3']);
    assert.deepEqual(skips, { unsafeValue: 1, longLine: 1, unknownCluster: 0 });
  });

  it('has no stat that is a dotted tail of another: a line has one reading', () => {
    for (const stat of CLUSTER_STATS) assert.ok(!CLUSTER_STATS.some((other) => other.endsWith(`.${stat}`)), stat);
  });

  it('never throws on random and spliced bytes', () => {
    const at = fc.integer({ min: 0, max: REAL.length });
    fc.assert(
      fc.property(at, at, fc.uint8Array({ maxLength: 40 }), (head, tail, junk) => {
        read(Buffer.concat([REAL.subarray(0, head), junk, REAL.subarray(tail)]), ['refused'], 777);
      }),
      { numRuns: 300 },
    );
  });
});
