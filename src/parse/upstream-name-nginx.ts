import {
  exactly,
  isDnsLabel,
  NO_SERVICE,
  oneOf,
  readPortNumber,
  type ServiceRef,
  serviceRef,
  type UpstreamName,
} from './upstream-name-ref.ts';

/**
 * `<namespace>_<service>_<port of the Service>[_<index>]` (NGINX Gateway Fabric internal/controller/state/graph/backend_refs.go).
 * No DNS label has an underscore, so that there is one reading only.
 */
export function readNgfName(name: string): UpstreamName {
  return exactly(ngfRef(name));
}

/**
 * `vs_<namespace>_<VirtualServer>_<upstream>`, `vs_…_vsr_<namespace>_<VirtualServerRoute>_<upstream>`,
 * `ts_<namespace>_<TransportServer>_<upstream>` (F5 NGINX Ingress Controller internal/configs): `<upstream>` is a name within the
 * resource, not a Service. Null when it is none of them.
 */
export function readVirtualServerName(name: string): UpstreamName | null {
  const parts = name.split('_');
  if ((parts[0] !== 'vs' && parts[0] !== 'ts') || parts.length < 4) return null;
  const isRoute = parts[0] === 'vs' && parts[3] === 'vsr' && parts.length >= 7;
  const namespace = parts[isRoute ? 4 : 1];
  // A Service in a namespace "vs" gives a name of the same form with NGINX Gateway Fabric.
  const ngf = ngfRef(name);
  return oneOf(ngf ? [ngf] : [], isDnsLabel(namespace) ? [namespace] : []);
}

/**
 * `<namespace>-<Ingress>-<host>-<service>-<port>` (F5 NGINX Ingress Controller internal/configs/ingress.go, getNameForUpstream).
 * All may have dashes; only the host has dots, is `_`, or is empty.
 */
export function readF5IngressName(name: string): UpstreamName {
  const [head, tail] = aroundHost(name);
  return oneOf(f5Refs(head, tail));
}

function* f5Refs(head: string, tail: string): Generator<ServiceRef> {
  const namespaces = dashesOf(head)
    .map((dash) => head.slice(0, dash))
    .filter(isDnsLabel);
  for (const { service, port } of endingsOf(tail))
    for (const namespace of namespaces) yield { namespace, service, port, method: 'f5' };
}

const STREAM = /^(?:tcp|udp)-/;

/**
 * `<namespace>-<service>-<number or name of the port>` (ingress-nginx internal/ingress/controller/util.go, upstreamName),
 * with `tcp-` or `udp-` in front for a stream: every place to cut is a reading.
 */
export function readIngressNginxName(name: string): UpstreamName {
  return name.endsWith('-INVALID') ? NO_SERVICE : oneOf(ingressNginxRefs(name));
}

function* ingressNginxRefs(name: string): Generator<ServiceRef> {
  for (const text of STREAM.test(name) ? [name, name.slice(4)] : [name]) {
    for (const { before, service, port } of endingsOf(text))
      if (isDnsLabel(before)) yield { namespace: before, service, port, method: 'ingress_nginx' };
  }
}

function ngfRef(name: string): ServiceRef | null {
  const [namespace, service, number] = name.split('_', 3);
  const port = number === undefined ? null : readPortNumber(number);
  return port === null ? null : serviceRef(namespace, service, port, 'ngf');
}

/** What is before the host and what comes with or behind its end, beginning before a dash; nothing when no host is seen. */
function aroundHost(name: string): readonly [head: string, tail: string] {
  const dot = name.indexOf('.');
  if (dot >= 0) return [name.slice(0, dot), name.slice(name.lastIndexOf('.') + 1)];
  const underscore = name.indexOf('-_-');
  if (underscore >= 0) return [name.slice(0, underscore), name.slice(underscore + 2)];
  const empty = name.indexOf('--');
  return empty >= 0 ? [name.slice(0, empty), name.slice(empty + 1)] : ['', ''];
}

/** An Ingress can name a port with at most 15 characters, one of them a letter (IANA service name). */
const PORT_NAME = /^(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/;
const LONGEST_PORT_NAME = 15;

interface Ending {
  readonly before: string;
  readonly service: string;
  readonly port: number | string;
}

/** Every way to read the end of the text as `-<service>-<port>`; the shortest ports first. */
function* endingsOf(text: string): Generator<Ending> {
  const dashes = dashesOf(text);
  for (const last of dashes.toReversed()) {
    const portText = text.slice(last + 1);
    if (portText.length > LONGEST_PORT_NAME) return;
    const port = readPortNumber(portText) ?? (PORT_NAME.test(portText) ? portText : null);
    if (port === null) continue;
    for (const first of dashes) {
      if (first >= last) break;
      const service = text.slice(first + 1, last);
      if (isDnsLabel(service)) yield { before: text.slice(0, first), service, port };
    }
  }
}

function dashesOf(text: string): number[] {
  const dashes: number[] = [];
  for (let at = text.indexOf('-'); at >= 0; at = text.indexOf('-', at + 1)) dashes.push(at);
  return dashes;
}

/** Upstreams of these products that send to nobody's pods. */
const OWN = new Set(['invalid-backend-ref', 'upstream_balancer', 'upstream-default-backend']);

export function isOwnOfNginx(name: string): boolean {
  return OWN.has(name);
}

/** NGINX Gateway Fabric, F5 NGINX Ingress Controller. */
export function readNginxName(name: string): UpstreamName {
  const virtual = readVirtualServerName(name);
  if (virtual) return virtual;
  const ngf = readNgfName(name);
  return ngf.exact ? ngf : readF5IngressName(name);
}
