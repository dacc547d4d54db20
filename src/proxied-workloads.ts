import type { Pod, Service } from './contract/cluster.ts';
import type { EndpointSlice } from './contract/endpoint.ts';
import type { Subject } from './contract/metrics.ts';
import type { Clock } from './contract/unit.ts';
import type { ProxiedPod, ProxiedPods, ProxiedService, WorkloadView } from './contract/workloads.ts';
import type { ClusterState } from './facts/cluster-state.ts';
import type { DeathGapWindows } from './facts/death-gap-window.ts';
import type { Listeners } from './facts/listeners.ts';
import type { UpstreamTruth } from './facts/upstream-truth.ts';
import type { PodWatch } from './pod-watch.ts';
import { workloadOfPod } from './sources/pod-log-path.ts';

export interface ProxiedWorkloadsOptions {
  readonly clock: Clock;
  readonly cluster: Pick<ClusterState, 'freshness' | 'index' | 'pods' | 'service'>;
  readonly upstreams: Pick<UpstreamTruth, 'upstreams' | 'views'>;
  readonly listeners: Pick<Listeners, 'at'>;
  /** By gateway and Service: a JSON array whose last two are the Service's namespace and name. */
  readonly gaps: Pick<DeathGapWindows, 'recommended'>;
  readonly pods?: Pick<PodWatch, 'abruptExits'>;
}

/** Puts together what proxies use, what the cluster says of it and what the node shows, for the audit. */
export class ProxiedWorkloads implements WorkloadView {
  readonly #options: ProxiedWorkloadsOptions;

  constructor(options: ProxiedWorkloadsOptions) {
    this.#options = options;
  }

  gateways(): readonly Subject[] {
    return this.#options.upstreams.views().map(({ subject }) => subject);
  }

  unready(): readonly Service[] {
    const { cluster, upstreams } = this.#options;
    if (cluster.freshness('endpointslices') !== 'fresh' || cluster.freshness('services') !== 'fresh') return [];
    const [without, some] = [new Set<Service>(), new Set<Service>()];
    for (const { mapped, compared } of upstreams.upstreams()) {
      const service = mapped.service === null ? undefined : cluster.service(mapped.service.service);
      if (service?.selector === undefined) continue;
      if (!hasReady(cluster.index.slicesOf(service.key))) without.add(service);
      else if (compared.counts.not_ready > 0) some.add(service);
    }
    return [...without, ...some];
  }

  proxied(): ProxiedPods | null {
    const { cluster } = this.#options;
    if (cluster.freshness('endpointslices') === 'unwatched') return null;
    for (const resource of ['endpointslices', 'pods'] as const) {
      const freshness = cluster.freshness(resource);
      if (freshness !== 'fresh') return { isKnown: false, why: `${resource} are ${WORDS[freshness]}` };
    }
    const services = this.#services();
    const pods: ProxiedPod[] = [];
    for (const pod of cluster.pods()) {
      if (pod.phase !== 'Running' || pod.deletedAtMs !== null) continue;
      const behind = this.#servicesOf(pod).flatMap((key) => services.get(key) ?? []);
      if (behind.length === 0) continue;
      pods.push({
        ...{ pod, services: behind, listens: (port) => this.#listens(pod, port) },
        ...this.#exitsOf(pod),
      });
    }
    return { isKnown: true, pods };
  }

  #exitsOf({ key }: Pod): Pick<ProxiedPod, 'abruptExits'> {
    const [namespace, name] = key.split('/');
    const abruptExits = this.#options.pods?.abruptExits(`${namespace}/${workloadOfPod(name)}`);
    return abruptExits === undefined ? {} : { abruptExits };
  }

  /** Those that upstreams stand for, each with the ports that are used. */
  #services(): ReadonlyMap<string, ProxiedService> {
    const used = new Map<string, Set<string>>();
    for (const { mapped } of this.#options.upstreams.upstreams()) {
      if (mapped.service === null) continue;
      const { service } = mapped.service;
      used.set(service, (used.get(service) ?? new Set<string>()).add(mapped.portNumber));
    }
    const recommended = this.#recommended();
    return new Map(
      [...used].map(([key, numbers]) => {
        const service = this.#options.cluster.service(key);
        const ports = service === undefined ? null : portsOf(service, numbers);
        return [key, { key, ports, recommendedPreStopSeconds: recommended.get(key) ?? null }];
      }),
    );
  }

  /** The most of all gateways, by Service. */
  #recommended(): ReadonlyMap<string, number> {
    const { gaps, clock } = this.#options;
    const most = new Map<string, number>();
    for (const [key, seconds] of gaps.recommended(clock.now())) {
      const service = serviceOf(key);
      if (service !== '') most.set(service, Math.max(seconds, most.get(service) ?? 0));
    }
    return most;
  }

  #servicesOf({ ips, uid }: Pod): string[] {
    const located = ips.flatMap((ip) => this.#options.cluster.index.at(ip));
    const own = located.filter(({ endpoint }) => endpoint.podUid === uid);
    return [...new Set(own.map(({ slice }) => slice.service))].sort();
  }

  #listens({ ips }: Pod, port: number): ReturnType<ProxiedPod['listens']> {
    const answers = ips.map((ip) => this.#options.listeners.at({ ip, port }));
    const best = answers.find(({ state }) => state === 'listening') ?? answers.find(({ state }) => state !== 'unknown');
    return best ?? { state: 'unknown', others: [], atMs: null };
  }
}

const WORDS = { unwatched: 'not watched', pending: 'not read yet', stale: 'not current' } as const;

function hasReady(slices: Iterable<EndpointSlice>): boolean {
  for (const { endpoints } of slices) if (endpoints.some(({ ready }) => ready)) return true;
  return false;
}

/** A port that is not known is not told apart. */
function portsOf({ ports }: Service, numbers: ReadonlySet<string>): Service['ports'] {
  return numbers.has('') ? [] : ports.filter(({ port }) => numbers.has(String(port)));
}

/** Keys come back from the checkpoint, which may hold anything. */
function serviceOf(key: string): string {
  try {
    const [namespace, name] = (JSON.parse(key) as unknown[]).slice(-2);
    return typeof namespace === 'string' && typeof name === 'string' ? `${namespace}/${name}` : '';
  } catch {
    return '';
  }
}
