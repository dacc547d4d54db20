import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ClustersParser } from '../../src/parse/envoy-clusters.ts';
import { type ClusterStatus, HOST_FLAGS } from '../../src/parse/envoy-hosts.ts';
import { EnvoyParseError } from '../../src/parse/envoy-json.ts';

const REAL = readFileSync(new URL('../fixtures/envoy/clusters.json', import.meta.url));

function parse(text: string | Buffer, size = 1000): ClusterStatus[] {
  const clusters: ClusterStatus[] = [];
  const parser = new ClustersParser((cluster) => clusters.push(structuredClone(cluster)));
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += size) parser.push(bytes.subarray(i, i + size));
  parser.end();
  return clusters;
}

const parseHost = (host: object) =>
  parse(JSON.stringify({ cluster_statuses: [{ name: 'c', host_statuses: [host] }] }))[0].hosts[0];

describe('ClustersParser', () => {
  it('reads a real answer: names, addresses of three kinds, counters, breakers', () => {
    const clusters = new Map(parse(REAL).map((cluster) => [cluster.name, cluster]));
    assert.equal(clusters.size, JSON.parse(REAL.toString()).cluster_statuses.length);
    assert.deepEqual(clusters.get('none|80||a.b;')?.hosts, []);
    const refused = clusters.get('refused');
    assert.equal(refused?.observabilityName, 'refused');
    const peers = refused?.hosts.map(({ scheme, address, port }) => `${scheme} ${address} ${port}`).sort();
    assert.deepEqual(peers, ['tcp 127.0.0.1 1', 'tcp ::1 2', 'unix /run/app/app.sock null']);
    assert.equal(
      refused?.hosts.reduce((sum, host) => sum + host.counters.cx_connect_fail, 0),
      4,
    );
    const limits = { maxConnections: 1024, maxRequests: 1024, maxRetries: 3 };
    assert.deepEqual(clusters.get('circuit')?.thresholds, [
      { priority: 'default', maxPendingRequests: 0, ...limits },
      { priority: 'high', maxPendingRequests: 1024, ...limits },
    ]);
    assert.equal(clusters.get('slow')?.hosts[0].counters.rq_timeout, 3);
  });

  it('reads the same wherever the answer is cut', () => {
    const whole = parse(REAL, REAL.length);
    for (const size of [1, 2, 3, 17, 64, 999]) assert.deepEqual(parse(REAL, size), whole, `pieces of ${size}`);
  });

  it('agrees with JSON.parse on every counter of the real answer', () => {
    const expected = JSON.parse(REAL.toString()).cluster_statuses.flatMap(
      (cluster: { host_statuses?: { stats: { name: string; value?: string }[] }[] }) =>
        (cluster.host_statuses ?? []).map((host) =>
          Object.fromEntries(host.stats.map(({ name, value }) => [name, Number(value ?? 0)])),
        ),
    );
    assert.deepEqual(
      parse(REAL).flatMap((cluster) => cluster.hosts.map((host) => ({ ...host.counters }))),
      expected,
    );
  });

  it('takes omitted zero, COUNTER and false as what they stand for, in any order', () => {
    const host = parseHost({
      stats: [
        { name: 'cx_total' },
        { name: 'rq_error', value: '7' },
        { type: 'GAUGE', value: '2', name: 'cx_active' },
        { value: '9', name: 'rq_new' },
      ],
    });
    assert.deepEqual(
      [host.counters.cx_total, host.counters.rq_error, host.counters.cx_active, host.flags],
      [0, 7, 2, 0],
    );
  });

  it('does not round a value above 2^53', () => {
    const host = parseHost({
      stats: [
        { name: 'cx_total', value: '11975404232982186540' },
        { name: 'rq_total', value: '9007199254740991' },
      ],
    });
    assert.ok(Number.isNaN(host.counters.cx_total));
    assert.equal(host.counters.rq_total, 9007199254740991);
  });

  it('joins health flags, EDS states among them', () => {
    const health_status = {
      failed_active_health_check: true,
      pending_dynamic_removal: true,
      failed_outlier_check: false,
      eds_health_status: 'HEALTHY',
    };
    assert.equal(
      parseHost({ health_status }).flags,
      HOST_FLAGS.failedActiveHealthCheck | HOST_FLAGS.pendingDynamicRemoval,
    );
    assert.equal(parseHost({ health_status: { eds_health_status: 'DRAINING' } }).flags, HOST_FLAGS.edsDraining);
    assert.equal(parseHost({ health_status: { active_hc_timeout: true } }).flags, HOST_FLAGS.activeHealthCheckTimeout);
  });

  it('reads hostname, weight, priority, internal addresses, EDS name and escapes', () => {
    const address = { envoy_internal_address: { server_listener_name: 'connect_originate', endpoint_id: 'x' } };
    const host = parseHost({ address, hostname: 'h\u00fc"', weight: 5, priority: 2 });
    assert.deepEqual(
      [host.scheme, host.address, host.port, host.hostname, host.weight, host.priority],
      ['internal', 'connect_originate', null, 'h\u00fc"', 5, 2],
    );
    const [cluster] = parse('{"cluster_statuses":[{"eds_service_name":"a\\u0062","added_via_api":true,"name":"n"}]}');
    assert.deepEqual([cluster.name, cluster.edsServiceName, cluster.addedViaApi], ['n', 'ab', true]);
  });

  it('is empty for an Envoy without clusters', () => assert.deepEqual(parse('{}'), []));

  it('fails on a truncated answer', () => {
    for (const length of [0, 1, 100, REAL.length >> 1, REAL.length - 3])
      assert.throws(() => parse(REAL.subarray(0, length)), EnvoyParseError, `cut at ${length}`);
  });

  it('throws nothing but its own error on spliced answers', () => {
    const at = fc.integer({ min: 0, max: REAL.length });
    fc.assert(
      fc.property(at, at, fc.uint8Array({ maxLength: 20 }), (head, tail, junk) => {
        try {
          parse(Buffer.concat([REAL.subarray(0, head), junk, REAL.subarray(tail)]));
        } catch (error) {
          assert.ok(error instanceof EnvoyParseError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });
});
