import type { AppOptions } from './app.ts';

export interface PodOptions extends Partial<AppOptions> {
  readonly namespace?: string;
  /** Another than the next free address. */
  readonly lastByte?: number;
  /** False: a pod whose application does not run. */
  readonly runs?: boolean;
}

export interface WatchOptions {
  /** False: no API server is configured. */
  readonly kubernetes?: boolean;
  /** False: the fault is there from the start, so nothing is asked before it. */
  readonly healthy?: boolean;
  /** False: no upstream of it can be mapped to a Service. */
  readonly mapped?: boolean;
  /** False: its configuration names no Service, so that no slices are asked for. */
  readonly listed?: boolean;
  readonly collectors?: object;
  /** The kernel's counters of the backends are read before it goes on: what they grew by is what the fault is about. */
  readonly counters?: boolean;
}

/** Access logs that an Envoy may write, each in a format of a product's default. */
export const ENVOY_LOGS = ['envoy', 'istio', 'istio-json'] as const;
export type EnvoyLog = (typeof ENVOY_LOGS)[number];

/** What tells of faults and may be missing: the API, access logs of nginx. */
export const SIGHTS = ['kubernetes', 'access-log'] as const;
export type Sight = (typeof SIGHTS)[number];

export interface SceneOptions {
  /** Program to run, else the sources. */
  readonly main?: string | undefined;
  /** The gateway's Envoy writes an access log in this format, and the program follows it. Default: none. */
  readonly envoyLog?: EnvoyLog | undefined;
  /** What the program is not given. */
  readonly without?: readonly Sight[];
}
