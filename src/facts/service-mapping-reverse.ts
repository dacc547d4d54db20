import type { ServerInUse } from '../contract/upstream.ts';
import type { EndpointHistory } from './endpoint-history.ts';
import type { ServicePort } from './endpoint-states.ts';

export interface ReverseOptions {
  readonly history: EndpointHistory;
  readonly nowMs: number;
  /** Which Services the name leaves open. */
  readonly isPossible: (owner: ServicePort) => boolean;
  /** How many endpoints are ready behind it now. Left out: the servers are not meant to be all of them. */
  readonly readyOf?: (owner: ServicePort) => number;
}

/**
 * Of the ready endpoints of a Service the upstream must have more than one in so many: pods that have only just become those of another
 * Service would else make it that one's, and all of its other endpoints missing.
 */
const LEAST_OF_READY = 1 / 3;

interface Counted {
  readonly owner: ServicePort;
  /** Servers that are behind it, or were. */
  count: number;
  /** Those that are now. */
  current: number;
}

/**
 * The port of the Service that at least half of the servers are behind, or were within the last hour, and no other as many of;
 * what is now counts more than what was. Null: there is none, none of the servers is behind it now (others may have the
 * addresses), they are few of its endpoints, or two share the pods.
 */
export function serviceOfMost(servers: readonly ServerInUse[], options: ReverseOptions): ServicePort | null {
  const { history, nowMs, isPossible } = options;
  const counts = new Map<string, Counted>();
  let all = 0;
  for (const { kind, host, port } of servers) {
    if (kind !== 'ip' || port === null) continue;
    all++;
    for (const { service, portName, isCurrent } of history.servicesOf(host, port, nowMs)) {
      if (!isPossible({ service, portName })) continue;
      const key = `${service} ${portName}`;
      const counted = counts.get(key) ?? { owner: { service, portName }, count: 0, current: 0 };
      counts.set(key, counted);
      counted.count++;
      if (isCurrent) counted.current++;
    }
  }
  const [best, second] = [...counts.values()].sort((a, b) => b.current - a.current || b.count - a.count);
  if (best === undefined || best.count * 2 < all || best.current === 0) return null;
  if (best.current === second?.current && best.count === second.count) return null;
  if (options.readyOf && best.current < options.readyOf(best.owner) * LEAST_OF_READY) return null;
  return best.owner;
}

/** Was any of the servers ever behind the Service, as far as is remembered? */
export function wasAnyBehind(servers: readonly ServerInUse[], service: string, options: ReverseOptions): boolean {
  return servers.some(
    ({ kind, host, port }) =>
      kind === 'ip' &&
      port !== null &&
      options.history.servicesOf(host, port, options.nowMs).some((owner) => owner.service === service),
  );
}
