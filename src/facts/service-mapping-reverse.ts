import type { ServerInUse } from '../contract/upstream.ts';
import type { EndpointHistory } from './endpoint-history.ts';
import type { ServicePort } from './endpoint-states.ts';

export interface ReverseOptions {
  readonly history: EndpointHistory;
  readonly nowMs: number;
  /** Which Services the name leaves open. */
  readonly isPossible: (owner: ServicePort) => boolean;
}

/**
 * The port of the Service that at least half of the servers are behind, or were within the last hour, and no other as many of.
 * Null: there is none, or two share the pods.
 */
export function serviceOfMost(servers: readonly ServerInUse[], options: ReverseOptions): ServicePort | null {
  const { history, nowMs, isPossible } = options;
  const counts = new Map<string, { readonly owner: ServicePort; count: number }>();
  let all = 0;
  for (const { kind, host, port } of servers) {
    if (kind !== 'ip' || port === null) continue;
    all++;
    for (const { service, portName } of history.servicesOf(host, port, nowMs)) {
      const key = `${service} ${portName}`;
      const counted = counts.get(key);
      if (counted) counted.count++;
      else if (isPossible({ service, portName })) counts.set(key, { owner: { service, portName }, count: 1 });
    }
  }
  const [best, second] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (best === undefined || best.count * 2 < all || best.count === second?.count) return null;
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
