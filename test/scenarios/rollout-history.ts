/** What was true when, in a rollout: the judge of every verdict. It knows nothing of slices, hold-down and deliveries. */
import type { Endpoint, EndpointState } from '../../src/contract/endpoint.ts';
import { addressText, type SocketAddress } from '../../src/facts/endpoint-states.ts';
import type { EndpointGroup } from './simulated-service.ts';

interface TrueEndpoint extends Endpoint {
  /** Of the Service. */
  readonly servicePort: number;
  readonly port: number;
}

interface Epoch {
  readonly fromMs: number;
  /** By Service. */
  readonly endpoints: ReadonlyMap<string, readonly TrueEndpoint[]>;
  readonly states: Map<string, EndpointState>;
}

export interface Run {
  readonly state: EndpointState;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Unrest {
  readonly fromMs: number;
  toMs: number;
}

/** A port of a Service by its number. */
export interface Target {
  readonly service: string;
  readonly port: number;
}

export class RolloutHistory {
  /** Not all namespaces are watched: an address of another Service may be nobody's that is known. */
  readonly #isForeignKnown: boolean;
  readonly #epochs: Epoch[] = [];
  /** Since when a pod was behind a Service at an address. */
  readonly #behindSinceMs = new Map<string, number>();
  /** When the slices of a Service were being written. */
  readonly #unrest = new Map<string, Unrest[]>();
  /** Services that ever had the address. */
  readonly #servicesOfIp = new Map<string, Set<string>>();

  constructor(isForeignKnown: boolean) {
    this.#isForeignKnown = isForeignKnown;
  }

  decided(service: string, groups: readonly EndpointGroup[], nowMs: number): void {
    const endpoints = groups.flatMap((group) =>
      group.ports.flatMap(({ service: servicePort, number }) =>
        group.endpoints.map((endpoint) => ({ ...endpoint, servicePort, port: number })),
      ),
    );
    for (const { ip, podUid } of endpoints) {
      const owner = `${service} ${ip} ${podUid}`;
      if (!this.#behindSinceMs.has(owner)) this.#behindSinceMs.set(owner, nowMs);
      this.#servicesOfIp.set(ip, (this.#servicesOfIp.get(ip) ?? new Set()).add(service));
    }
    const before = this.#epochs.at(-1)?.endpoints ?? [];
    this.#epochs.push({ fromMs: nowMs, endpoints: new Map([...before, [service, endpoints]]), states: new Map() });
    const unrest = this.#unrest.get(service) ?? [];
    this.#unrest.set(service, [...unrest, { fromMs: nowMs, toMs: Number.POSITIVE_INFINITY }]);
  }

  settled(service: string, nowMs: number): void {
    this.#unrest.get(service)!.at(-1)!.toMs = nowMs;
  }

  /** No slice has been written since. */
  isAtRestSince(ms: number): boolean {
    return [...this.#unrest.values()].every((all) => all.every(({ toMs }) => toMs < ms));
  }

  readyAddresses({ service, port }: Target, isIpv4Only: boolean): string[] {
    const all = this.#epochs.at(-1)?.endpoints.get(service) ?? [];
    return all
      .filter(({ servicePort, ready, ip }) => servicePort === port && ready && !(isIpv4Only && ip.includes(':')))
      .map(addressText);
  }

  /** What the address was, the latest first, back to `sinceMs`. */
  *runs(target: Target, address: SocketAddress, nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): Generator<Run> {
    let run: Run | undefined;
    let toMs = nowMs;
    for (let at = this.#epochs.length - 1; at >= 0; at--) {
      const { fromMs } = this.#epochs[at];
      const state = this.#state(this.#epochs[at], target, address);
      if (run && run.state !== state) {
        yield run;
        if (run.fromMs < sinceMs) return;
        run = undefined;
      }
      run = { state, fromMs, toMs: run?.toMs ?? toMs };
      toMs = fromMs;
    }
    if (run) yield run;
  }

  /** Were slices that say something of the address being written between the two moments? Returns until when. */
  unrestUntil(target: Target, ip: string, fromMs: number, toMs: number): number {
    const services = new Set([target.service, ...(this.#servicesOfIp.get(ip) ?? [])]);
    let untilMs = Number.NEGATIVE_INFINITY;
    for (const service of services)
      for (const unrest of this.#unrest.get(service) ?? [])
        if (unrest.fromMs <= toMs && unrest.toMs >= fromMs) untilMs = Math.max(untilMs, Math.min(unrest.toMs, toMs));
    return untilMs;
  }

  #state(epoch: Epoch, target: Target, address: SocketAddress): EndpointState {
    const key = `${target.service} ${target.port} ${addressText(address)}`;
    const known = epoch.states.get(key);
    if (known !== undefined) return known;
    const state = this.#judge(epoch, target, address);
    epoch.states.set(key, state);
    return state;
  }

  #judge(
    { endpoints, fromMs }: Epoch,
    { service, port: servicePort }: Target,
    { ip, port }: SocketAddress,
  ): EndpointState {
    const own = (endpoints.get(service) ?? []).filter((one) => one.ip === ip && one.servicePort === servicePort);
    const exact = own.filter((one) => one.port === port);
    if (exact.some(({ ready }) => ready)) return 'live';
    if (exact.length > 0) return exact.some(({ terminating }) => !terminating) ? 'not_ready' : 'terminating';
    if (own.length > 0) return 'port_drift';
    if (!this.#isForeignKnown) return 'stale';
    const wasOwn = ({ podUid }: Endpoint) =>
      (this.#behindSinceMs.get(`${service} ${ip} ${podUid}`) ?? Number.POSITIVE_INFINITY) <= fromMs;
    const others = [...endpoints]
      .filter(([other]) => other !== service)
      .flatMap(([, all]) => all.filter((one) => one.ip === ip && !wasOwn(one)));
    // Each pod has its addresses alone.
    const isOnePods = new Set(others.map(({ podUid }) => podUid)).size === 1;
    return isOnePods || others.some((one) => one.port === port) ? 'foreign' : 'stale';
  }
}
