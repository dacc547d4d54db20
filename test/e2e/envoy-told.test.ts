import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { createAuthority } from '../support/certs.ts';
import { askTimes } from '../support/envoy-ask.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';
import { freePorts, type RunningEnvoy, startEnvoy, tlsTo } from '../support/envoy-rig.ts';

const skip = skipWithoutEnvoy();
const RBAC = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';

const policy = (prefix: string) => ({
  permissions: [{ url_path: { path: { prefix } } }],
  principals: [{ any: true }],
});
const rbac = (action: string, policies: object, more: object = {}) => ({
  name: `rbac-${action}`,
  typed_config: { '@type': RBAC, rules: { action, policies }, ...more },
});

/** What Envoy's counters tell beyond the symptom. */
describe('envoy collector with a real Envoy, who denied and why [ci]', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-told-'));
  const servers: Server[] = [];
  let listen = 0;
  let running: RunningEnvoy;
  let watch: ReturnType<typeof watchEnvoy>;

  before(async () => {
    const [admin, front] = await freePorts(2);
    listen = front;
    const authority = createAuthority(directory, 'trusted');
    const other = createAuthority(directory, 'other');
    const { cert, key } = authority.issue('server', 'DNS:cart.example,URI:spiffe://mesh/ns/shop/sa/cart');
    const serve = async (server: Server) => {
      servers.push(server.listen(0, '127.0.0.1'));
      await new Promise((resolve) => server.once('listening', resolve));
      return [{ port: (server.address() as AddressInfo).port }];
    };
    const shop = await serve(createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, () => {}));
    const plain = await serve(createServer((_, response) => response.end()));
    const cluster = (name: string, validation_context: object) => ({
      ...{ name, hosts: shop },
      extra: tlsTo({ common_tls_context: { validation_context } }),
    });
    const trusted_ca = { filename: authority.certificate };
    const sans = [{ san_type: 'URI', matcher: { exact: 'spiffe://mesh/ns/shop/sa/other' } }];
    running = await startEnvoy({
      ...{ listenPort: listen, admin: { port: admin } },
      filters: [
        rbac('DENY', { 'ns[shop]-policy[no.secrets]-rule[0]': policy('/secret') }, { track_per_rule_stats: true }),
        rbac('ALLOW', { all: policy('/') }, { rules_stat_prefix: 'silent', shadow_rules: { policies: {} } }),
        rbac('ALLOW', { shop: policy('/shop') }, { rules_stat_prefix: 'shop', track_per_rule_stats: true }),
      ],
      clusters: [
        { name: 'plain', hosts: plain },
        cluster('untrusted', { trusted_ca: { filename: other.certificate } }),
        cluster('another', { trusted_ca, match_typed_subject_alt_names: sans }),
        cluster('pinned', { trusted_ca, verify_certificate_hash: ['00'.repeat(32)] }),
      ],
      routes: ['untrusted', 'another', 'pinned', 'plain'].map((name) => ({
        ...{ prefix: name === 'plain' ? '/' : `/shop/${name}`, route: { cluster: name } },
      })),
    });
    watch = watchEnvoy({ discover: false, targets: [{ url: `http://127.0.0.1:${admin}` }] });
    await watch.poll();
  });

  after(async () => {
    await running?.stop();
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const [upstream, kind, words] of [
    ['untrusted', 'error', 'of no trusted authority, expired or revoked'],
    ['another', 'san', 'without a name that is expected'],
    ['pinned', 'cert_hash', 'not the one whose hash is pinned'],
  ])
    it(`a refused certificate, ${kind}`, async () => {
      await watch.poll();
      assert.deepEqual(await askTimes(3, listen, `/shop/${upstream}`), [503, 503, 503]);
      await watch.poll();
      assert.deepEqual(watch.failures(upstream), { tls_verify: 3 });
      assert.equal(watch.observations[0].said, `certificates refused: 3 ${words} (ssl.fail_verify_${kind})`);
      const counted = await watch.samples('badgateway_envoy_upstream_certificates_refused_total');
      const ofIt = counted.filter((line) => line.includes(`upstream="${upstream}"`));
      assert.deepEqual(
        ofIt.map((line) => /kind="(.*)"} (.*)$/.exec(line)?.slice(1)),
        [[kind, '3']],
      );
    });

  it('who denied: a policy, the want of one, and no shadow rule', async () => {
    assert.deepEqual(await askTimes(2, listen, '/secret'), [403, 403]);
    assert.deepEqual(await askTimes(3, listen, '/other'), [403, 403, 403]);
    await watch.poll();
    const told = watch.observations.map(({ symptom, failure, count, said }) => [symptom, failure, count, said]);
    assert.deepEqual(
      told.sort(([, , one], [, , other]) => Number(one) - Number(other)),
      [
        [
          ...['rbac_denied', false, 2],
          'the RBAC filter http.ingress.http.rbac denied 2: 2 by policy ns[shop]-policy[no.secrets]-rule[0]',
        ],
        ['rbac_denied', false, 3, 'the RBAC filter http.ingress.http.rbac.shop denied 3'],
      ],
    );
    await watch.poll();
    assert.deepEqual(watch.observations, []);
    const denied = await watch.samples('badgateway_envoy_rbac_denied_total');
    assert.deepEqual(
      denied.map((line) => /filter="(.*)",match="(.*)"} (.*)$/.exec(line)?.slice(1)),
      [
        ['http.ingress.http.rbac', 'policy', '2'],
        ['http.ingress.http.rbac.shop', 'none', '3'],
      ],
    );
  });

  it('connections by listener', async () => {
    const before = await watch.samples('badgateway_envoy_listener_connections_total');
    assert.deepEqual(await askTimes(4, listen, '/shop'), [200, 200, 200, 200]);
    await watch.poll();
    const after = await watch.samples('badgateway_envoy_listener_connections_total');
    const countIn = ([line]: string[]) => Number(/listener="ip_\d+"} (\d+)$/.exec(line)?.[1]);
    assert.equal(after.length, 1);
    assert.equal(countIn(after) - countIn(before), 4);
    assert.match((await watch.samples('badgateway_envoy_listener_connections_active'))[0], /"} \d+$/);
  });
});
