import type {
  ClusterObjects,
  ClusterResource,
  ClusterSink,
  Pod,
  Service,
  WantedServices,
} from '../contract/cluster.ts';
import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { FormerClusterIps } from './former-cluster-ips.ts';
import { FoundControllers } from './found-controllers.ts';
import { ServicePodMemory } from './service-pods.ts';

/** Told of every change; null is an object that was not there before, or is gone. */
export interface ClusterListener {
  slice?(before: EndpointSlice | null, after: EndpointSlice | null): void;
  service?(before: Service | null, after: Service | null): void;
  pod?(before: Pod | null, after: Pod | null): void;
}

/**
 * `unwatched`: no source says anything of the resource. `pending`: none has said all of it yet. `stale`: its last word is
 * older than it may be. Only of `fresh` may anything be concluded.
 */
export type Freshness = 'unwatched' | 'pending' | 'fresh' | 'stale';

export interface ClusterStateOptions {
  readonly clock: Clock;
  /** How old the last word of the source may be. */
  readonly staleAfterMs: number;
  readonly wanted: () => WantedServices;
  readonly doubtMs?: () => number | null;
}

/** A time in which changes were heard of late, milliseconds since the epoch. */
export interface ContactGap {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The cluster as its sources last described it, and how old that is. */
export class ClusterState implements ClusterSink {
  readonly index = new EndpointIndex();
  readonly servicePods = new ServicePodMemory();
  readonly controllers = new FoundControllers();
  readonly formerClusterIps = new FormerClusterIps(this);
  readonly #options: ClusterStateOptions;
  readonly #listeners: ClusterListener[] = [];
  readonly #services = new Map<string, Service>();
  readonly #byClusterIp = new Map<string, Service>();
  readonly #pods = new Map<string, Pod>();
  readonly #podsByUid = new Map<string, Pod>();
  readonly #knownUntilMs = new Map<ClusterResource, number>();
  readonly #interruptedMs = new Map<ClusterResource, number>();
  readonly #gaps = new Map<ClusterResource, ContactGap>();
  #isAsked = false;
  /** When the resource was last known to be complete and current; null before. */
  readonly #currentMs = new Map<ClusterResource, number | null>();
  /** Since when it is followed without a break of the source's own making. */
  readonly #followedMs = new Map<ClusterResource, number>();

  constructor(options: ClusterStateOptions) {
    this.#options = options;
    this.listen({ service: (before, after) => this.formerClusterIps.changed(before, after) });
  }

  listen(listener: ClusterListener): void {
    this.#listeners.push(listener);
  }

  /** Whoever asks could find out: from now on it is worth while to know what is wanted. */
  wanted(): WantedServices {
    this.#isAsked = true;
    return this.#options.wanted();
  }

  doubtMs(): number | null {
    return this.#options.doubtMs?.() ?? null;
  }

  /** There is a source, or one that waits until something is wanted. */
  isOffered(): boolean {
    return this.#isAsked || this.#currentMs.size > 0;
  }

  expect(resource: ClusterResource): void {
    if (!this.#currentMs.has(resource)) this.#currentMs.set(resource, null);
  }

  current(resource: ClusterResource, atMs: number, knownUntilMs = atMs): void {
    const before = this.#currentMs.get(resource) ?? 0;
    const fromMs = this.#interruptedMs.get(resource);
    if (fromMs !== undefined && atMs > fromMs && this.#gaps.get(resource)?.fromMs !== fromMs)
      this.#gaps.set(resource, { fromMs, untilMs: this.#options.clock.now() });
    // The word of another watch may be older; one from the future means that the clock was set back.
    const isSetBack = before > this.#options.clock.now();
    if (isSetBack || !this.#followedMs.has(resource)) this.#followedMs.set(resource, this.#options.clock.now());
    this.#currentMs.set(resource, isSetBack ? atMs : Math.max(atMs, before));
    this.#knownUntilMs.set(
      resource,
      isSetBack ? knownUntilMs : Math.max(knownUntilMs, this.#knownUntilMs.get(resource) ?? 0),
    );
  }

  interrupted(resource: ClusterResource): void {
    this.knownUntilMs(resource);
    this.#interruptedMs.set(resource, this.#options.clock.now());
  }

  /** Until when all changes are known, milliseconds since the epoch; -Infinity while contact is lost, and after the clock was set back. */
  knownUntilMs(resource: ClusterResource): number {
    // What has not come yet is the time of a clock that went wrong, and stays so when it has come.
    if ((this.#knownUntilMs.get(resource) ?? 0) > this.#options.clock.now()) this.#knownUntilMs.delete(resource);
    const atMs = this.#knownUntilMs.get(resource) ?? Number.NEGATIVE_INFINITY;
    const interruptedMs = this.#interruptedMs.get(resource);
    return interruptedMs !== undefined && atMs <= interruptedMs ? Number.NEGATIVE_INFINITY : atMs;
  }

  /** The last time without contact that is over; undefined: there was none. */
  lastGap(resource: ClusterResource): ContactGap | undefined {
    return this.#gaps.get(resource);
  }

  areSlicesCurrent(): boolean {
    return this.freshness('endpointslices') === 'fresh' && Number.isFinite(this.knownUntilMs('endpointslices'));
  }

  freshness(resource: ClusterResource): Freshness {
    const atMs = this.#currentMs.get(resource);
    if (atMs === undefined) return 'unwatched';
    if (atMs === null) return 'pending';
    return this.#options.clock.now() - atMs <= this.#options.staleAfterMs ? 'fresh' : 'stale';
  }

  /** Milliseconds since the epoch; null before the first complete view. */
  currentAtMs(resource: ClusterResource): number | null {
    return this.#currentMs.get(resource) ?? null;
  }

  /** When it was first complete since it is watched, milliseconds since the epoch; null before. */
  followedSinceMs(resource: ClusterResource): number | null {
    return this.#followedMs.get(resource) ?? null;
  }

  forget(resource: ClusterResource): void {
    const all = [this.#currentMs, this.#knownUntilMs, this.#interruptedMs, this.#followedMs];
    for (const moments of all) moments.delete(resource);
    const keys = { endpointslices: this.index, services: this.#services, pods: this.#pods }[resource].keys();
    for (const key of [...keys]) this.delete(resource, key);
  }

  set<R extends ClusterResource>(resource: R, object: ClusterObjects[R]): void {
    // The compiler does not narrow a pair of parameters.
    if (resource === 'endpointslices') this.#setSlice(object as EndpointSlice);
    else if (resource === 'services') this.#setService(object as Service);
    else this.#setPod(object as Pod);
  }

  delete(resource: ClusterResource, key: string): void {
    if (resource === 'endpointslices') this.#deleteSlice(key);
    else if (resource === 'services') this.#deleteService(key);
    else this.#deletePod(key);
  }

  service(key: string): Service | undefined {
    return this.#services.get(key);
  }

  services(): Iterable<Service> {
    return this.#services.values();
  }

  /** False before all that may be meant have been listed: one that is not there may come. */
  isServicesKnown(): boolean {
    return this.currentAtMs('services') !== null;
  }

  serviceOfClusterIp(ip: string): Service | undefined {
    return this.#byClusterIp.get(ip);
  }

  pods(): Iterable<Pod> {
    return this.#pods.values();
  }

  pod(key: string): Pod | undefined {
    return this.#pods.get(key);
  }

  podOfUid(uid: string): Pod | undefined {
    return this.#podsByUid.get(uid);
  }

  sizes(): Readonly<Record<ClusterResource, number>> {
    return { endpointslices: this.index.size, services: this.#services.size, pods: this.#pods.size };
  }

  #setSlice(slice: EndpointSlice): void {
    const before = this.index.get(slice.key) ?? null;
    this.index.set(slice);
    for (const listener of this.#listeners) listener.slice?.(before, slice);
  }

  #deleteSlice(key: string): void {
    const before = this.index.get(key);
    if (before === undefined) return;
    this.index.delete(key);
    for (const listener of this.#listeners) listener.slice?.(before, null);
  }

  #setService(service: Service): void {
    const before = this.#services.get(service.key) ?? null;
    if (before !== null) this.#dropClusterIps(before);
    this.#services.set(service.key, service);
    for (const ip of service.clusterIps) this.#byClusterIp.set(ip, service);
    for (const listener of this.#listeners) listener.service?.(before, service);
  }

  #deleteService(key: string): void {
    const before = this.#services.get(key);
    if (before === undefined) return;
    this.#services.delete(key);
    this.#dropClusterIps(before);
    for (const listener of this.#listeners) listener.service?.(before, null);
  }

  /** An address may already be another Service's: deletions come late. */
  #dropClusterIps(service: Service): void {
    for (const ip of service.clusterIps)
      if (this.#byClusterIp.get(ip)?.key === service.key) this.#byClusterIp.delete(ip);
  }

  #setPod(pod: Pod): void {
    const before = this.#pods.get(pod.key) ?? null;
    if (before !== null) this.#podsByUid.delete(before.uid);
    this.#pods.set(pod.key, pod);
    this.#podsByUid.set(pod.uid, pod);
    for (const listener of this.#listeners) listener.pod?.(before, pod);
  }

  #deletePod(key: string): void {
    const before = this.#pods.get(key);
    if (before === undefined) return;
    this.#pods.delete(key);
    this.#podsByUid.delete(before.uid);
    for (const listener of this.#listeners) listener.pod?.(before, null);
  }
}
