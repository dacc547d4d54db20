import type { Cause, ProxyKind, Symptom } from '../../src/contract/names.ts';
import type { Scene } from './scene.ts';
import type { EnvoyLog } from './scene-options.ts';

/** What was really done to requests, by the load generator's count. */
export interface Provoked {
  /** Failed upstream attempts and 5xx made by the gateway. */
  readonly failures: number;
  /** When the last of them was over, milliseconds since the epoch. */
  readonly lastMs: number;
  /** The same by nginx's own access log; null: it cannot say. */
  readonly byProxy: number | null;
}

export interface UpstreamLabels {
  readonly upstream: string;
  readonly upstream_namespace: string;
  readonly upstream_service: string;
  readonly upstream_port: string;
}

/** One thing that goes wrong for real. */
export interface Fault {
  readonly name: string;
  readonly proxy: ProxyKind;
  /** One line for docs/fault-matrix.md. */
  readonly what: string;
  /** Causes with their shares, together 1; none: nothing of it is a failure. */
  readonly expected: Readonly<Partial<Record<Cause, number>>>;
  /** What the proxy may say of it; any other symptom is a mistake. */
  readonly symptoms: readonly Symptom[];
  /** What is told otherwise where Envoy writes an access log that says of a failed connection why. */
  readonly logged?: Partial<Pick<Fault, 'expected' | 'symptoms' | 'upstream'>>;
  /** The same where it is Envoy's default, without details. */
  readonly loggedBriefly?: Partial<Pick<Fault, 'expected' | 'symptoms' | 'upstream'>>;
  /** Labels of all its failures. Default: those of Service shop/cart, port 80. */
  readonly upstream?: Partial<UpstreamLabels>;
  /** Makes the world, calls `scene.watch()` while all is well, breaks it, and asks. */
  stage(scene: Scene): Promise<Provoked>;
}

/** Where a Service is `shop/cart` and its port 80, as NGINX Gateway Fabric and Istio name their upstreams. */
export const NGINX_UPSTREAM = 'shop_cart_80';
export const ENVOY_UPSTREAM = 'outbound|80||cart.shop.svc.cluster.local';

/** The fault as it is told where Envoy writes this access log. */
export function underLog(fault: Fault, log: EnvoyLog | undefined): Fault {
  if (log === undefined) return fault;
  return { ...fault, ...(log === 'envoy' ? fault.loggedBriefly : fault.logged) };
}

export function labelsOf({ proxy, upstream = {} }: Fault): UpstreamLabels {
  return {
    upstream: proxy === 'nginx' ? NGINX_UPSTREAM : ENVOY_UPSTREAM,
    ...{ upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' },
    ...upstream,
  };
}
