import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { GLOBAL_STATS } from '../../src/parse/envoy-global-stats.ts';
import { CLUSTER_STATS, StatsParser } from '../../src/parse/envoy-stats.ts';
import {
  ENVOY_ADMIN_REQUESTS,
  type EnvoyAdminRequest,
  getEnvoyAdmin,
  STATS_FILTER,
} from '../../src/sources/http-get-envoy.ts';

describe('getEnvoyAdmin', () => {
  it('can send GET of five paths and nothing else', async (test) => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url?.split('?')[0]}`);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    test.after(() => server.close());
    const base = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const limits = { timeoutMs: 1000, maxBytes: 100, signal: new AbortController().signal };
    const others = [
      'quitquitquit',
      '/quitquitquit',
      'config_dump',
      '../config_dump',
      'toString',
      '__proto__',
      'clusters\r\nX: y',
      '',
    ];
    for (const request of [...Object.keys(ENVOY_ADMIN_REQUESTS), ...others])
      await getEnvoyAdmin({ base, request: request as EnvoyAdminRequest }, limits, () => {}).catch((error: Error) =>
        assert.match(error.message, /not an allowed Envoy admin request/),
      );
    assert.deepEqual(seen, ['GET /clusters', 'GET /stats', 'GET /server_info', 'GET /certs', 'GET /stats/prometheus']);
    assert.ok(Object.isFrozen(ENVOY_ADMIN_REQUESTS));
  });
});

/** Who counts it. */
const OF_FILTERS: Readonly<Partial<Record<string, string>>> = {
  aborts_injected: 'fault.',
  rq_blocked: 'adaptive_concurrency.gradient_controller.',
  rq_rejected: 'admission_control.',
};

describe('STATS_FILTER', () => {
  const filter = new RegExp(STATS_FILTER);

  it('lets through every stat that the parser reads', () => {
    for (const stat of CLUSTER_STATS) assert.match(`cluster.a.b|c;.${stat}`, filter);
    for (const stat of GLOBAL_STATS.http) assert.match(`http.p.q.${OF_FILTERS[stat] ?? ''}${stat}`, filter);
    for (const stat of GLOBAL_STATS.listener)
      assert.match(
        /^downstream/.test(stat) ? `listener.0.0.0.0_80.${stat}` : `listener.0.0.0.0_80.ssl.${stat}`,
        filter,
      );
    for (const stat of GLOBAL_STATS.server) assert.match(`server.${stat}`, filter);
    for (const stat of GLOBAL_STATS.dns) assert.match(`dns.cares.${stat}`, filter);
    for (const name of [
      'control_plane.connected_state',
      'overload.envoy.load_shed_points.hcm_ondata_creating_codec.shed_load_count',
      'limit.http_local_rate_limit.rate_limited',
      'http.p.rbac.denied',
      'connect_authz.rbac.denied',
      'connect_authzrbac.denied',
      'http.p.rbac.policy.a.b.denied',
      'http.p.rbac.second.policy.ns[a]-policy[b]-rule[0].allowed',
    ])
      assert.match(name, filter);
  });

  it('keeps out what nobody reads', () => {
    for (const name of [
      'cluster.a.upstream_cx_length_ms',
      'cluster.a.upstream_rq_502_x',
      'xcluster.a.upstream_rq_502',
      'server.version',
    ])
      assert.doesNotMatch(name, filter);
  });

  it('takes nothing from a real dump that the parser would have read', () => {
    const lines = readFileSync(new URL('../fixtures/envoy/stats.txt', import.meta.url), 'utf8').split('\n');
    const collect = (text: string) => {
      const seen: string[] = [];
      const parser = new StatsParser({
        findCluster: (name) => (name.includes('.external') || name.includes('.retry') ? undefined : 0),
        onCluster: (_, stat, value) => seen.push(`${stat} ${value}`),
        onGlobal: (stat, name, value) => seen.push(`${stat} ${name} ${value}`),
      });
      parser.push(Buffer.from(text));
      parser.end();
      return seen;
    };
    const filtered = lines.filter((line) => filter.test(line.split(': ')[0]));
    assert.deepEqual(collect(filtered.join('\n')), collect(lines.join('\n')));
    assert.ok(filtered.length > 50 && filtered.length < lines.length / 2, String(filtered.length));
  });
});
