import type { Subject } from './contract/metrics.ts';
import type { Clock } from './contract/unit.ts';
import type { UpstreamsView } from './contract/upstream.ts';
import type { TrackedUpstream } from './facts/tracked-upstream.ts';
import { STATE_ORDER } from './http/upstream-words.ts';
import type {
  AddressStatus,
  GatewayUpstreams,
  ListedState,
  UpstreamStatus,
  UpstreamsQuery,
  UpstreamsReport,
} from './http/views.ts';
import { NearestServices } from './nearest-services.ts';
import { servicePodStatus } from './service-pod-status.ts';
import type { Truth } from './truth.ts';
import { clusterStatus, iso, type ListedAddress, listAddresses, statusOf, sumCounts } from './upstream-status.ts';

/** Of one answer: about 3 MB as JSON. The last of the order are left out. */
const MOST_LISTED = 10_000;
interface Listed {
  readonly tracked: TrackedUpstream;
  /** Null: the upstream has none. */
  readonly listed: ListedAddress | null;
}

export interface UpstreamReportsOptions {
  readonly truth: Truth;
  readonly clock: Clock;
  /** How old a view of a proxy may be. */
  readonly staleAfterMs: number;
  readonly mostListed?: number;
}

/** Answers for /api/v1/upstreams and the page. */
export class UpstreamReports {
  readonly #options: UpstreamReportsOptions;

  readonly #nearest: NearestServices;

  constructor(options: UpstreamReportsOptions) {
    this.#options = options;
    this.#nearest = new NearestServices(options.clock, options.truth.cluster);
  }

  report(query: UpstreamsQuery): UpstreamsReport {
    const { truth, clock, mostListed = MOST_LISTED } = this.#options;
    truth.look();
    this.#nearest.begin();
    const isGateway = ({ gateway }: Subject) => query.gateway === undefined || query.gateway === gateway;
    const asked = truth.upstreams
      .upstreams()
      .filter(({ view, upstream }) => isGateway(view.subject) && (query.upstream ?? upstream.name) === upstream.name);
    const all = this.#list(asked);
    const listed = query.state === undefined ? all.flat() : all[STATE_ORDER.indexOf(query.state)];
    return {
      at: iso(clock.now()),
      counts: sumCounts(asked),
      notCompared: all[STATE_ORDER.indexOf('')].length,
      truncated: Math.max(0, listed.length - mostListed),
      ownersDropped: truth.owners.dropped,
      gateways: [
        ...this.#gateways(listed.slice(0, mostListed)),
        ...(query.upstream === undefined && query.state === undefined ? this.#empty(isGateway) : []),
      ],
      cluster: clusterStatus(truth.cluster),
      conditions: truth.conditions
        .all()
        .filter(({ subject }) => isGateway(subject))
        .map(({ sinceMs, ...condition }) => ({ ...condition, since: iso(sinceMs) })),
      pods: servicePodStatus(asked, truth.cluster, clock.now()),
    };
  }

  /** By state in the order, and last the upstreams without any address. */
  #list(asked: readonly TrackedUpstream[]): Listed[][] {
    const all: Listed[][] = Array.from({ length: STATE_ORDER.length + 1 }, () => []);
    const rank = new Map<ListedState, number>(STATE_ORDER.map((state, index) => [state, index]));
    for (const tracked of asked) {
      const addresses = listAddresses(tracked, this.#options.truth.cluster);
      for (const listed of addresses) all[rank.get(listed.state)!].push({ tracked, listed });
      if (addresses.length === 0) all[STATE_ORDER.length].push({ tracked, listed: null });
    }
    return all;
  }

  #gateways(all: readonly Listed[]): GatewayUpstreams[] {
    const { owners } = this.#options.truth;
    const gateways = new Map<UpstreamsView, Map<TrackedUpstream, AddressStatus[]>>();
    for (const { tracked, listed } of all) {
      const upstreams = gateways.get(tracked.view) ?? new Map<TrackedUpstream, AddressStatus[]>();
      gateways.set(tracked.view, upstreams);
      const addresses = upstreams.get(tracked) ?? [];
      upstreams.set(tracked, addresses);
      if (listed === null) continue;
      const { ip, sinceMs, ...rest } = listed;
      const owner = ip === null ? null : owners.find(ip, tracked.mapped.service);
      addresses.push({ ...rest, since: sinceMs === 0 ? null : iso(sinceMs), owner });
    }
    return [...gateways].map(([view, upstreams]) =>
      this.#gateway(
        view,
        [...upstreams].map((one) => statusOf(one, this.#knownOf(one[0]))),
      ),
    );
  }

  #knownOf(tracked: TrackedUpstream) {
    const { service } = tracked.mapped;
    const changedMs = service === null ? null : this.#options.truth.facts.slices.changedMs(service.service);
    return { nearest: this.#nearest.of(tracked), changedMs };
  }

  /** Proxies that have no upstream at all. */
  #empty(isGateway: (subject: Subject) => boolean): GatewayUpstreams[] {
    return this.#options.truth.upstreams
      .views()
      .filter(({ upstreams, subject }) => upstreams.length === 0 && isGateway(subject))
      .map((view) => this.#gateway(view, []));
  }

  #gateway(view: UpstreamsView, upstreams: readonly UpstreamStatus[]): GatewayUpstreams {
    const { proxy, subject, source, readAtMs } = view;
    const isOld = this.#options.clock.now() - readAtMs > this.#options.staleAfterMs;
    return { proxy, subject, source, readAt: iso(readAtMs), isOld, upstreams };
  }
}
