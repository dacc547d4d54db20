import type { Endpoint, EndpointPort, EndpointSlice } from '../contract/endpoint.ts';
import { fieldsOf, listOf, textOf } from './api-object.ts';
import { canonicalIp } from './ip-address.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
/** The API allows 1,000 endpoints, 100 addresses each and 100 ports (discovery/v1 validation). */
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;
const MOST_PORTS = 100;

/**
 * Reads a discovery.k8s.io/v1 EndpointSlice as the API sends it. Null when it belongs to no Service, is not one, or has names
 * (addressType FQDN); an endpoint without a usable address is left out.
 */
export function readEndpointSlice(value: unknown): EndpointSlice | null {
  const slice = fieldsOf(value);
  const metadata = fieldsOf(slice.metadata);
  const namespace = textOf(metadata.namespace);
  const name = textOf(metadata.name);
  const service = textOf(fieldsOf(metadata.labels)[SERVICE_LABEL]);
  const { addressType } = slice;
  if (namespace === '' || name === '' || service === '' || addressType === 'FQDN') return null;
  return {
    key: `${namespace}/${name}`,
    service: `${namespace}/${service}`,
    ...(addressType === 'IPv4' || addressType === 'IPv6' ? { addressType } : {}),
    ports: listOf(slice.ports, MOST_PORTS).flatMap(readPort),
    endpoints: listOf(slice.endpoints, MOST_ENDPOINTS).flatMap(readEndpoints),
  };
}

/** A port without a number stands for all ports. */
function readPort(value: unknown): EndpointPort[] {
  const { name, port } = fieldsOf(value);
  if (port === undefined || port === null) return [{ name: textOf(name), number: null }];
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort ? [{ name: textOf(name), number: port }] : [];
}

/**
 * Conditions that are not said: ready counts as true, serving as ready, terminating as false
 * (kubernetes/kubernetes staging/src/k8s.io/api/discovery/v1/types.go).
 */
function readEndpoints(value: unknown): Endpoint[] {
  const endpoint = fieldsOf(value);
  const conditions = fieldsOf(endpoint.conditions);
  const target = fieldsOf(endpoint.targetRef);
  const isPod = target.kind === 'Pod';
  const ready = conditions.ready !== false;
  const serving = typeof conditions.serving === 'boolean' ? conditions.serving : ready;
  const terminating = conditions.terminating === true;
  const podUid = isPod ? textOf(target.uid) : '';
  const podName = isPod ? textOf(target.name) : '';
  return listOf(endpoint.addresses, MOST_ADDRESSES).flatMap((address) => {
    const ip = canonicalIp(textOf(address));
    // There are 100,000 of them: no spread, which stores properties apart.
    return ip === null ? [] : [{ ip, ready, serving, terminating, podUid, podName }];
  });
}
