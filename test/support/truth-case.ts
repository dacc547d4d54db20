import type { Endpoint, KubernetesObject } from '../kubernetes/objects.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { readyPod, serviceOf, sliceOf } from './truth-objects.ts';
import type { Listing } from './truth-timeline.ts';

/** One way in which a running proxy and the EndpointSlices can differ. */
export interface TruthCase {
  readonly what: string;
  /** Name of the Service in the namespace; its port is 80 unless `port` says otherwise. */
  readonly service: string;
  readonly port?: number;
  /** `10.2.0.1:8080`, as the proxy is configured. */
  readonly servers: readonly string[];
  readonly objects: readonly KubernetesObject[];
  readonly before: Listing;
  /** What happens to the cluster while the proxy keeps its servers. */
  disturb(store: ObjectStore): void;
  readonly during: Listing;
  /** What the proxy is told in the end, and what is said then. */
  readonly repaired: readonly string[];
  readonly after: Listing;
}

export const all = (addresses: readonly string[], state: string): Listing =>
  Object.fromEntries(addresses.map((address) => [address, state]));

/** A Service with pods at `10.2.<net>.1` and `.2`, which the proxy has; `endpoints` is what its slice says later. */
export function twoPods(
  name: string,
  net: number,
  { what, endpoints, during }: { what: string; endpoints: readonly Endpoint[]; during: Listing },
): TruthCase {
  const ips = [`10.2.${net}.1`, `10.2.${net}.2`];
  const servers = ips.map((ip) => `${ip}:8080`);
  const slice = sliceOf(`${name}-a`, ips.map(readyPod));
  const repaired = endpoints.filter(({ conditions }) => conditions?.ready).map(({ addresses: [ip] }) => `${ip}:8080`);
  return {
    ...{ what, service: name, servers, during, repaired },
    objects: [serviceOf(name), slice],
    before: all(servers, 'live'),
    disturb: (store) => void store.update(slice, (draft) => Object.assign(draft, { endpoints })),
    after: all(repaired, 'live'),
  };
}

export const live = (net: number): Listing => ({ [`10.2.${net}.1:8080`]: 'live' });
