import type { ProxyKind } from '../contract/names.ts';
import type { UpstreamSource } from '../contract/upstream.ts';
import { readDnsLikeName, readImplicitName } from './upstream-name-dns.ts';
import { readContourEdsName, readContourName, readEnvoyName } from './upstream-name-envoy.ts';
import { isOwnOfNginx, readIngressNginxName, readNginxName } from './upstream-name-nginx.ts';
import { NO_SERVICE, NOTHING_READ, type UpstreamName } from './upstream-name-ref.ts';

/** The longest that a product makes: a namespace, an Ingress, a host, a Service and a port are 650 characters. */
const LONGEST_NAME = 1024;

export interface NamedUpstream {
  readonly proxy: ProxyKind;
  readonly source: UpstreamSource;
  readonly name: string;
  /** Envoy's eds_service_name; '' without. */
  readonly alias: string;
}

/** What the name of an upstream says of the Service that it stands for. Never throws; the text may be anybody's. */
export function readUpstreamName({ proxy, source, name, alias }: NamedUpstream): UpstreamName {
  if (name.length > LONGEST_NAME || alias.length > LONGEST_NAME) return { ...NOTHING_READ, problem: 'too_long' };
  if (proxy === 'envoy') return readEnvoy(name, alias);
  if (isOwnOfNginx(name)) return NO_SERVICE;
  if (source === 'ingress_nginx') return readIngressNginxName(name);
  if (name.startsWith('implicit:')) return readImplicitName(name);
  const dns = readDnsLikeName(name);
  return dns.candidates.length > 0 ? dns : readNginxName(name);
}

function readEnvoy(name: string, alias: string): UpstreamName {
  // Statistics of Istio end the name with a semicolon, so that dots in it are not taken for theirs.
  const bare = name.replace(/;$/, '');
  const own = readEnvoyName(bare);
  if (own) return own;
  const aliased = readEnvoyName(alias) ?? readContourEdsName(alias);
  if (aliased !== NOTHING_READ) return aliased;
  const contour = readContourName(bare);
  return contour !== NOTHING_READ ? contour : readDnsLikeName(bare);
}
