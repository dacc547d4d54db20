import { TRAFFIC_METRICS } from '../contract/traffic.ts';
import { isNamedByAddress, NO_NAME } from '../facts/upstream-identity.ts';
import type { Sample } from './report-metrics.ts';
import { LEAST_ATTEMPTS, type Observed, observe } from './report-timeouts-judge.ts';

const { duration, upstreamDuration } = TRAFFIC_METRICS;
const BUCKETS = `${upstreamDuration.name}_bucket`;
/** There as soon as a log of the gateway is followed. */
const FOLLOWED = `${duration.name}_count`;
export const WANTED_METRICS = [BUCKETS, FOLLOWED];

/** Of one upstream: what was observed, or why it is not known. */
export type ObservedOrWhy = Observed | string;

/** What a running badgateway counted of the durations of attempts. */
export class ObservedDurations {
  readonly #samples: readonly Sample[];
  readonly #followed: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples.filter(({ name }) => name === BUCKETS);
    this.#followed = samples.filter(({ name }) => name === FOLLOWED);
  }

  /** All that were counted, each once: proxy, gateway and upstream. */
  upstreams(): { readonly proxy: string; readonly gateway: string; readonly upstream: string }[] {
    const all = this.#samples.map(({ labels: { proxy, gateway, upstream } }) => ({ proxy, gateway, upstream }));
    return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  }

  /** `gateway` '': of the only one that has such an upstream. `byAddress`: how many upstreams of the configuration have no name. */
  of({ proxy, gateway, upstream }: { proxy: string; gateway: string; upstream: string }, byAddress = 1): ObservedOrWhy {
    const isUnnamed = isNamedByAddress(upstream);
    const label = isUnnamed ? NO_NAME : upstream;
    const isOf = ({ labels }: Sample) => labels.proxy === proxy && (gateway === '' || labels.gateway === gateway);
    const ofProxy = this.#samples.filter(isOf);
    const found = ofProxy.filter(({ labels }) => labels.upstream === label);
    const gateways = [...new Set(found.map(({ labels }) => labels.gateway))].sort();
    if (gateways.length > 1) return `gateways ${gateways.join(', ')} have one of this name: say which with --gateway`;
    if (found.length === 0) {
      if (ofProxy.some(({ labels }) => labels.upstream !== '')) return 'no traffic: no attempt was counted for it';
      return this.#followed.some(isOf)
        ? 'the access log is followed, and no attempt at a known upstream was counted: it needs $upstream_addr and $upstream_response_time'
        : 'no traffic: no access log of this gateway is counted';
    }
    if (isUnnamed && byAddress > 1) return `${byAddress} upstreams are named by their address and counted as one`;
    const buckets = sum(found);
    return observe(buckets) ?? `${buckets.at(-1)?.[1] ?? 0} attempts: a p99.9 needs ${LEAST_ATTEMPTS}`;
  }
}

/** Over pods and Services of one upstream. */
function sum(samples: readonly Sample[]): (readonly [bound: number, count: number])[] {
  const counts = new Map<number, number>();
  for (const { labels, value } of samples) {
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  return [...counts].sort(([a], [b]) => a - b);
}
