import type { Place, Resource } from './resources.ts';

const PLACES: Readonly<Record<Place, readonly (readonly [matcher: string, labels: readonly string[]])[]>> = {
  // Pods come and go: their workload stays. Elsewhere a machine is what its node or else its target is called.
  gateway: [
    ['pod!=""', ['cluster', 'namespace', 'gateway']],
    ['pod="",node!=""', ['cluster', 'node', 'gateway']],
    ['pod="",node=""', ['cluster', 'instance', 'gateway']],
  ],
  network: [
    ['pod!=""', ['cluster', 'namespace', 'netns']],
    ['pod="",node!=""', ['cluster', 'node', 'netns']],
    ['pod="",node=""', ['cluster', 'instance', 'netns']],
  ],
  autoscaler: [['', ['cluster', 'namespace', 'autoscaler']]],
};
/** What one replica is called. */
const REPLICA = 'cluster, node, instance, namespace, pod, container, gateway, netns, port, autoscaler';
/** A limit may have been published so long ago: two scrapes of a slow Prometheus. */
const RECENT = '30m';

/** PromQL of one resource; `matchers`: of the user, '' without. */
export interface Queries {
  /** Highest of each day. */
  readonly peaks: string;
  /** Lowest of each day of the replica whose lowest is highest; null: not told. */
  readonly troughs: string | null;
  /** Hours of each day in which there was a value. */
  readonly hours: string;
  readonly limits: string | null;
  /** Largest of the limits, where replicas differ. */
  readonly largestLimits: string | null;
  /** Highest share of its own limit of any replica, each day. */
  readonly shares: string | null;
  /** Growth of what counts hits over the window. */
  readonly losses: ((window: string) => string) | null;
}

export function queriesOf(resource: Resource, matchers: string): Queries {
  const { use, limit, useMatchers, limitMatchers, limitLacks = [], losses } = resource;
  const each = (write: (matcher: string, by: string) => string, lacks: readonly string[] = []) =>
    PLACES[resource.place]
      .map(([matcher, labels]) => {
        const by = [...labels, ...resource.labels].filter((label) => !lacks.includes(label)).join(', ');
        return write(matcher, by);
      })
      .join(' or ');
  const selector = (...parts: (string | undefined)[]) => `{${[...parts, matchers].filter(Boolean).join(',')}}`;
  const limitsBy = (how: 'min' | 'max') =>
    typeof limit !== 'string'
      ? null
      : each(
          (matcher, by) => `${how} by (${by}) (last_over_time(${limit}${selector(matcher, limitMatchers)}[${RECENT}]))`,
          limitLacks,
        );
  const common = {
    limits: limitsBy('min'),
    largestLimits: limitsBy('max'),
    losses: losses === undefined ? null : (window: string) => lossesOf(resource, window, matchers),
  };
  if (typeof use !== 'string') {
    const hourly = each(
      (matcher, by) => `max by (${by}) (${quotient(resource, by, (extra) => selector(matcher, extra))})`,
    );
    return {
      ...common,
      peaks: `max_over_time((${hourly})[1d:1h])`,
      ...{ troughs: null, shares: null },
      hours: `count_over_time((${hourly})[1d:1h])`,
    };
  }
  const used = (matcher: string) => `${use}${selector(matcher, useMatchers)}`;
  const isSame = typeof limit === 'string' && limitLacks.length === 0 && limitMatchers === undefined;
  return {
    ...common,
    peaks: each((matcher, by) => `max by (${by}) (max_over_time(${used(matcher)}[1d]))`),
    troughs: each((matcher, by) => `max by (${by}) (min_over_time(${used(matcher)}[1d]))`),
    hours: `count_over_time((${each((matcher, by) => `group by (${by}) (last_over_time(${used(matcher)}[1h]))`)})[1d:1h])`,
    shares: isSame
      ? each(
          (matcher, by) =>
            `max by (${by}) (max by (${REPLICA}) (max_over_time(${used(matcher)}[1d])) / (max by (${REPLICA}) (last_over_time(${limit}${selector(matcher)}[1d])) > 0))`,
        )
      : null,
  };
}

function quotient({ use }: Resource, by: string, selector: (extra?: string) => string): string {
  if (typeof use === 'string') return use;
  const rates = use.counters.map((counter) => `rate(${counter}${selector()}[1h])`);
  if (use.isOverRate) return `${rates[0]} / (rate(${use.over}${selector()}[1h]) > 0)`;
  const summed = rates.map((rate) => `sum by (${by}) (${rate})`).join(' or ');
  return `(${summed}) / (sum by (${by}) (last_over_time(${use.over}${selector()}[1h])) > 0)`;
}

function lossesOf({ place, labels, losses }: Resource, window: string, matchers: string): string {
  const { counter, matchers: own } = losses!;
  // The kernel counts overflows for all ports together.
  const lacks = counter.endsWith('overflows_total') ? ['port'] : counter.endsWith('failures_total') ? ['breaker'] : [];
  return PLACES[place]
    .map(([matcher, base]) => {
      const by = [...base, ...labels].filter((label) => !lacks.includes(label)).join(', ');
      return `sum by (${by}) (increase(${counter}{${[matcher, own, matchers].filter(Boolean).join(',')}}[${window}]))`;
    })
    .join(' or ');
}
