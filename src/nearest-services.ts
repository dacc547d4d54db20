import type { Clock } from './contract/unit.ts';
import type { ClusterState } from './facts/cluster-state.ts';
import { readNames } from './facts/service-mapping-wanted.ts';
import type { TrackedUpstream } from './facts/tracked-upstream.ts';
import { nearestNames } from './parse/edit-distance.ts';

const MOST_NEAREST = 3;
const MOST_READINGS = 4;
const KEPT_MS = 30_000;
const MOST_KEPT = 1_000;
/** New ones of one answer: each compares a name with those of all Services. */
const MOST_SEARCHES = 20;

interface Found {
  readonly atMs: number;
  readonly services: readonly string[];
}

/** Services (`namespace/name`) with names like those that upstreams without a Service say, the nearest first. */
export class NearestServices {
  readonly #clock: Clock;
  readonly #cluster: Pick<ClusterState, 'isServicesKnown' | 'service' | 'services'>;
  /** By what is looked for. */
  readonly #kept = new Map<string, Found>();
  #left = 0;

  constructor(clock: Clock, cluster: Pick<ClusterState, 'isServicesKnown' | 'service' | 'services'>) {
    this.#clock = clock;
    this.#cluster = cluster;
  }

  /** To be called before each answer. */
  begin(): void {
    this.#left = MOST_SEARCHES;
  }

  /** None for one whose Service is known, or whose name says none. */
  of({ view, upstream, mapped }: TrackedUpstream): readonly string[] {
    if (mapped.service !== null || !this.#cluster.isServicesKnown()) return [];
    const { exact, candidates } = readNames(view, upstream);
    const wanted = (exact === null ? candidates.slice(0, MOST_READINGS) : [exact]).map(
      ({ namespace, service }) => `${namespace}/${service}`,
    );
    // One that exists is not misspelt: it has no such port, or the name has several readings.
    if (wanted.length === 0 || wanted.some((key) => this.#cluster.service(key) !== undefined)) return [];
    return this.#find(wanted);
  }

  #find(wanted: readonly string[]): readonly string[] {
    const key = wanted.join(' ');
    const nowMs = this.#clock.now();
    const known = this.#kept.get(key);
    if (known !== undefined && Math.abs(nowMs - known.atMs) < KEPT_MS) return known.services;
    if (this.#left === 0) return known?.services ?? [];
    this.#left--;
    const names = [...this.#cluster.services()].map((service) => service.key);
    const services = [...new Set(wanted.flatMap((one) => nearest(one, names)))].slice(0, MOST_NEAREST);
    this.#kept.delete(key);
    this.#kept.set(key, { atMs: nowMs, services });
    const [oldest] = this.#kept.size > MOST_KEPT ? this.#kept.keys() : [];
    if (oldest !== undefined) this.#kept.delete(oldest);
    return services;
  }
}

/** By the name in its namespace; of the same name elsewhere too, for the namespace may be what is wrong. */
function nearest(wanted: string, names: readonly string[]): string[] {
  const slash = wanted.indexOf('/');
  const [namespace, service] = [wanted.slice(0, slash + 1), wanted.slice(slash + 1)];
  const beside = names.filter((name) => name.startsWith(namespace)).map((name) => name.slice(namespace.length));
  const elsewhere = names.filter((name) => name.endsWith(`/${service}`)).sort();
  return [...nearestNames(service, beside, MOST_NEAREST).map((name) => namespace + name), ...elsewhere];
}
