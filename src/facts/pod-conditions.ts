import type { Pod } from '../contract/cluster.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ConditionSink } from '../contract/upstream.ts';
import type { ClusterState } from './cluster-state.ts';
import type { TrackedUpstream } from './tracked-upstream.ts';

const CRASH_LOOP = 'CrashLoopBackOff';
const MOST_NAMED = 10;

/** Condition `crash_looping` of a gateway: a container of its own pod, or of a pod behind one of its upstreams, is in CrashLoopBackOff. */
export class PodConditions {
  readonly #cluster: ClusterState;
  readonly #sink: ConditionSink;
  #known = new Map<string, Subject>();

  constructor(cluster: ClusterState, sink: ConditionSink) {
    this.#cluster = cluster;
    this.#sink = sink;
  }

  look(upstreams: readonly TrackedUpstream[]): void {
    const gateways = new Map<string, { readonly subject: Subject; readonly services: Set<string> }>();
    for (const { view, mapped } of upstreams) {
      const key = Object.values(view.subject).join('\xff');
      const gateway = gateways.get(key) ?? { subject: view.subject, services: new Set<string>() };
      gateways.set(key, gateway);
      if (mapped.service !== null) gateway.services.add(mapped.service.service);
    }
    for (const [key, subject] of this.#known) if (!gateways.has(key)) this.#say(subject, null);
    this.#known = new Map([...gateways].map(([key, { subject }]) => [key, subject]));
    // Pods that are not watched, or not heard of lately, say nothing.
    const looping = this.#cluster.freshness('pods') === 'fresh' ? this.#looping() : null;
    for (const { subject, services } of gateways.values())
      this.#say(subject, looping && concerning(looping, subject, services));
  }

  #looping(): readonly Looping[] {
    const found: Looping[] = [];
    for (const pod of this.#cluster.pods()) {
      const container = pod.containers.find(({ waitingReason }) => waitingReason === CRASH_LOOP);
      if (container === undefined) continue;
      const services = new Set(pod.ips.flatMap((ip) => this.#servicesOf(pod, ip)));
      const { name, restartCount, lastExit } = container;
      const exit = lastExit === null ? '' : `, last exit ${lastExit.reason} (${lastExit.exitCode})`;
      found.push({ pod, services, text: `${pod.key} (${name}): ${restartCount} restarts${exit}` });
    }
    return found;
  }

  #servicesOf(pod: Pod, ip: string): string[] {
    const own = this.#cluster.index.at(ip).filter(({ endpoint }) => endpoint.podUid === pod.uid);
    return own.map(({ slice }) => slice.service);
  }

  #say(subject: Subject, texts: readonly string[] | null): void {
    const isActive = texts === null ? null : texts.length > 0;
    const evidence = texts === null ? '' : texts.slice(0, MOST_NAMED).join('; ');
    this.#sink.condition({ condition: 'crash_looping', subject, isActive, evidence });
  }
}

interface Looping {
  readonly pod: Pod;
  readonly services: ReadonlySet<string>;
  readonly text: string;
}

function concerning(looping: readonly Looping[], subject: Subject, services: ReadonlySet<string>): string[] {
  const own = `${subject.namespace}/${subject.pod}`;
  const mine = looping.filter(
    (one) => one.pod.key === own || [...one.services].some((service) => services.has(service)),
  );
  return mine.map(({ text }) => text);
}
