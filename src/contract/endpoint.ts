/** What an EndpointSlice says of one address. Absent conditions are filled in as the API defines (discovery/v1 types.go). */
export interface Endpoint {
  /** Canonical text of an IPv4 or IPv6 address. */
  readonly ip: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The pod behind it; '' on slices that were made by hand or mirrored. */
  readonly podUid: string;
  readonly podName: string;
}

/** `number` null: all ports. */
export interface EndpointPort {
  /** Name of the Service's port; '' when it has none. */
  readonly name: string;
  readonly number: number | null;
}

/** One EndpointSlice, without what nobody asks for. */
export interface EndpointSlice {
  /** `namespace/name` */
  readonly key: string;
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** Of all its addresses; absent when it is not said. */
  readonly addressType?: 'IPv4' | 'IPv6' | undefined;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What an address that a proxy uses is to its Service now; closed set of `badgateway_upstream_endpoints{state}`. */
export const ENDPOINT_STATES = [
  'live',
  'terminating',
  'not_ready',
  'stale',
  'foreign',
  'port_drift',
  'missing',
  'unknown',
] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];
