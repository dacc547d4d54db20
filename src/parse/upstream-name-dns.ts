import {
  exactly,
  isDnsLabel,
  NOTHING_READ,
  oneOf,
  readPortNumber,
  serviceRef,
  type UpstreamName,
} from './upstream-name-ref.ts';

/** RFC 1035: 253 characters without the last dot. */
const LONGEST_HOST = 254;

/**
 * `<service>.<namespace>.svc[.<domain>]`, the name of a Service in the cluster's DNS. A name of one pod
 * (`<pod>.<service>.<namespace>.svc`) does not stand for its Service, nor does one that several clusters share
 * (`<service>.<namespace>.svc.clusterset.local`, KEP-1645): its endpoints are not only this cluster's.
 */
export function readServiceHost(host: string): { readonly service: string; readonly namespace: string } | null {
  const labels = labelsOf(host);
  const [service, namespace, svc] = labels;
  const isShared = labels[3] === 'clusterset';
  return labels.length >= 3 && svc === 'svc' && !isShared ? { service, namespace } : null;
}

/**
 * What a host name that a proxy connects to may stand for. `<service>.<namespace>` alone is one too: the resolver's search
 * list makes it whole.
 */
export function readHostName(host: string, port: number | null): UpstreamName {
  const found = readServiceHost(host) ?? readShortHost(host);
  const ref = found && serviceRef(found.namespace, found.service, port, 'dns');
  return ref ? oneOf([ref]) : NOTHING_READ;
}

/** A name that somebody gave an upstream and that reads like a name in the cluster's DNS; it says no port. */
export function readDnsLikeName(name: string): UpstreamName {
  const found = readServiceHost(name);
  const ref = found && serviceRef(found.namespace, found.service, null, 'dns');
  return ref ? oneOf([ref]) : NOTHING_READ;
}

/** Our own name of what nginx passes to without an upstream block: `implicit:HOST:PORT`. */
export function readImplicitName(name: string): UpstreamName {
  const colon = name.lastIndexOf(':');
  const port = readPortNumber(name.slice(colon + 1));
  return port === null ? NOTHING_READ : readHostName(name.slice('implicit:'.length, colon), port);
}

/** As `readServiceHost`, where the product itself wrote the name and the port. */
export function readExactHost(host: string, port: number | null, method: 'istio'): UpstreamName {
  const found = port === null ? null : readServiceHost(host);
  return exactly(found && serviceRef(found.namespace, found.service, port, method));
}

function readShortHost(host: string): { readonly service: string; readonly namespace: string } | null {
  const labels = labelsOf(host);
  // A name may be made of digits, but what looks like a number is more likely a piece of an address.
  return labels.length === 2 && !/^[0-9]+$/.test(labels[1]) ? { service: labels[0], namespace: labels[1] } : null;
}

/** None when it is no DNS name. */
function labelsOf(host: string): string[] {
  if (host.length > LONGEST_HOST) return [];
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  return labels.every(isDnsLabel) ? labels : [];
}
