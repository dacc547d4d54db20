import type { Cause, Symptom } from '../../../src/contract/names.ts';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

type Deed = 'nxdomain' | 'servfail' | 'silent' | 'empty';
const CARES = 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
/** argv: what it does with questions (RFC 1035 §4.1.1), or the address that it answers. */
const SERVER = `const d = require('dgram').createSocket('udp4');
  const code = { nxdomain: 0x8183, servfail: 0x8182, empty: 0x8180 }[process.argv[1]];
  const ip = process.argv[1].split('.').map(Number), record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...ip]);
  const answer = (q) => { if (!code && ip.length === 1) return null; const a = Buffer.from(q); a.writeUInt16BE(code ?? 0x8180, 2); a.fill(0, 6, 12);
    if (code) return a; a[7] = 1; let end = 12; while (a[end] > 0) end += a[end] + 1; return Buffer.concat([a.subarray(0, end + 5), record]); };
  d.on('message', (q, from) => { const a = answer(q); if (a) d.send(a, from.port, from.address); });
  d.bind(5353, '127.0.0.1', () => console.log('listens'))`;
const AT_5353 = { resolvers: [{ socket_address: { address: '127.0.0.1', port_value: 5353 } }] };
export const RESOLVER = {
  name: 'envoy.network.dns_resolver.cares',
  typed_config: { '@type': CARES, ...AT_5353, query_timeout_seconds: 1, query_tries: 1 },
};

export async function nameServer(scene: Scene, does: Deed | string): Promise<void> {
  const child = scene.gateway.spawn(process.execPath, '-e', SERVER, does);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
}

const named = (name: string, type: 'STRICT_DNS' | 'LOGICAL_DNS', does: Deed, what: string): Fault => ({
  ...{ name, what, proxy: 'envoy' },
  expected: { dns_failure: 1 } satisfies Partial<Record<Cause, number>>,
  symptoms: ['no_healthy_upstream', 'dns_failure'] satisfies Symptom[],
  async stage(scene) {
    await nameServer(scene, does);
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.envoyTo({
      clusters: [
        {
          name: ENVOY_UPSTREAM,
          hosts: [{ address: 'cart.shop.svc', port: 8080 }],
          extra: {
            ...{ type, dns_lookup_family: 'V4_ONLY', typed_dns_resolver_config: RESOLVER, dns_refresh_rate: '1s' },
          },
        },
      ],
      routes: [{ prefix: '/', route: { cluster: ENVOY_UPSTREAM } }],
    });
    await scene.watch({ healthy: false });
    return await scene.provoke({ count: 20 });
  },
});

/** Names of upstreams that do not resolve: Envoy has no host then and says no more to the client. */
export const ENVOY_DNS_FAULTS: readonly Fault[] = [
  named('dns-failure-envoy', 'STRICT_DNS', 'nxdomain', 'the name of the upstream does not exist'),
  named('dns-servfail-envoy', 'STRICT_DNS', 'servfail', 'the name server fails'),
  named('dns-silent-envoy', 'LOGICAL_DNS', 'silent', 'the name server does not answer'),
];
