import { ENVOY_UPSTREAM } from '../fault.ts';
import type { EnvoyWorld } from '../gateway-envoy.ts';

/** One cluster named as Istio does it, one host per address, and all goes there. */
export function envoyWorld(
  ips: readonly string[],
  extra: object = {},
  more: Partial<EnvoyWorld> & { readonly route?: object } = {},
): EnvoyWorld {
  const hosts = ips.map((address) => ({ address, port: 8080 }));
  const { route = {}, ...world } = more;
  return {
    clusters: [{ name: ENVOY_UPSTREAM, hosts, extra: { connect_timeout: '1s', ...extra } }],
    routes: [{ prefix: '/', route: { cluster: ENVOY_UPSTREAM, ...route } }],
    ...world,
  };
}
