import { readExactHost } from './upstream-name-dns.ts';
import {
  exactly,
  isDnsLabel,
  NO_SERVICE,
  NOTHING_READ,
  oneOf,
  readPortNumber,
  serviceRef,
  type UpstreamName,
} from './upstream-name-ref.ts';

/** Clusters of the products themselves: their control planes, agents, and what only passes traffic through. */
const OWN = new Set([
  'BlackHoleCluster',
  'PassthroughCluster',
  'agent',
  'consul-dataplane',
  'local_agent',
  'local_app',
  'original-destination',
  'prometheus_backend',
  'prometheus_stats',
  'sds-grpc',
  'xds-grpc',
]);
const INBOUND = /^(?:inbound\||inbound_\.|InboundPassthroughCluster)/;
/** `<service>.<namespace of Consul>.<datacenter>.internal.<trust domain>.consul` (Consul agent/connect/sni.go). */
const CONSUL = /\.(?:internal|internal-v1|external|query)\.[^.]+\.consul$/;
/** Istio pilot/pkg/model/service.go, BuildSubsetKey and BuildDNSSrvSubsetKey. */
const ISTIO = /^outbound\|([0-9]+)\|[^|]*\|([^|]+)$/;
const ISTIO_SNI = /^outbound_\.([0-9]+)_\.[^.]*_\.(.+)$/;
/** Envoy Gateway internal/gatewayapi/helpers.go, irRouteDestinationName. */
const ROUTE = /^(?:http|grpc|tcp|udp|tls)route\/([^/]+)\//;
/** Contour internal/envoy/cluster.go, Hashname: what was cut to 15 characters ends so. */
const CUT = /^.{8}-[0-9a-f]{6}$/;
const CONTOUR_HASH = /^[0-9a-f]{10}$/;

/** Istio, Consul, Envoy Gateway; null when the name is none of theirs. */
export function readEnvoyName(name: string): UpstreamName | null {
  if (OWN.has(name) || INBOUND.test(name) || CONSUL.test(name)) return NO_SERVICE;
  const istio = ISTIO.exec(name) ?? ISTIO_SNI.exec(name);
  if (istio) return readIstio(istio[1], istio[2]);
  const route = ROUTE.exec(name);
  // A route may send to another namespace.
  if (route) return oneOf([], isDnsLabel(route[1]) ? [route[1]] : []);
  return null;
}

/** A host that is no name in the cluster's DNS is a ServiceEntry's. */
function readIstio(port: string, host: string): UpstreamName {
  const found = readExactHost(host, readPortNumber(port), 'istio');
  return found.exact || readPortNumber(port) === null ? found : NO_SERVICE;
}

/** `<namespace>/<service>[/<port name>]`: Contour's eds_service_name (internal/xds/util.go, ClusterLoadAssignmentName). */
export function readContourEdsName(name: string): UpstreamName {
  const parts = name.split('/');
  const [namespace, service, port = ''] = parts;
  if (parts.length < 2 || parts.length > 3 || (parts.length === 3 && !isDnsLabel(port))) return NOTHING_READ;
  return exactly(serviceRef(namespace, service, port, 'contour'));
}

/** `<namespace>/<service>/<port>/<hash>`; with more than 60 characters its parts are cut from the right. */
export function readContourName(name: string): UpstreamName {
  const [namespace, service, number, hash, ...more] = name.split('/');
  if (more.length > 0 || hash === undefined || !CONTOUR_HASH.test(hash)) return NOTHING_READ;
  const port = readPortNumber(number);
  if (port === null || CUT.test(namespace)) return NOTHING_READ;
  if (CUT.test(service)) return oneOf([], isDnsLabel(namespace) ? [namespace] : []);
  return exactly(serviceRef(namespace, service, port, 'contour'));
}
