import type { Service } from '../contract/cluster.ts';
import type { Change } from '../contract/evidence.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { AddressSink, ConditionSink, PeerSocket, UpstreamsView } from '../contract/upstream.ts';
import type { ClusterState } from './cluster-state.ts';
import { ControllerPresence } from './controller-presence.ts';
import { MissedChanges } from './missed-changes.ts';
import { Resync } from './resync.ts';
import type { TrackedUpstream } from './tracked-upstream.ts';

/** The connection is held for hours; between two looks at the sockets it may be made anew. */
const DISCONNECTED_AFTER_MS = 30_000;
/** Sockets that nobody has looked at for so long say nothing. */
const LOOK_LASTS_MS = 60_000;

interface Gateway {
  readonly subject: Subject;
  /** When its sockets were last read whole, milliseconds since the epoch. */
  lookedMs: number;
  /** When a connection to a controller was last there; null: never, since it is watched. */
  connectedMs: number | null;
}

export interface ControlPlaneOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly sink: ConditionSink;
  /** Services of the controllers, `namespace/name`. */
  readonly controllers: () => readonly string[];
  /** Why there is none for sure; null: there is, or it is not known. */
  readonly absence?: () => string | null;
  readonly changed: (change: Change) => void;
  /** When the addresses that the replica uses last changed, or were first seen, milliseconds since the epoch. */
  readonly changedMs: (subject: Subject) => number | undefined;
  readonly series: ControlPlaneSink;
}

/** Takes what the controllers did not deliver. */
export interface ControlPlaneSink {
  /** Endpoints of the Service (`namespace/name`) changed while no controller was ready. */
  missed(service: string): void;
  /** The controller's start that the replica has got nothing since; null: it has, or that is not known. */
  unsynced(subject: Subject, startMs: number | null): void;
}

/**
 * Conditions of nginx gateways whose configuration comes from a controller: `control_plane_down` (no ready endpoint of the
 * controller's Service), `control_plane_disconnected` (a gateway that was connected to it is not any more) and `not_resynced`; and
 * changes of endpoints that nobody was there to deliver.
 */
export class ControlPlane implements AddressSink {
  readonly #options: ControlPlaneOptions;
  readonly #gateways = new Map<string, Gateway>();
  readonly #presence: ControllerPresence;
  readonly #missed: MissedChanges;
  readonly #resync: Resync;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const { clock, cluster, sink, changed, changedMs, series, controllers } = options;
    this.#presence = new ControllerPresence({ clock, cluster, controllers });
    const of = { clock, presence: this.#presence, controllers };
    this.#missed = new MissedChanges({ ...of, cluster, changed, missed: (service) => series.missed(service) });
    const unsynced = (subject: Subject, startMs: number | null) => series.unsynced(subject, startMs);
    this.#resync = new Resync({ ...of, sink, changedMs, unsynced });
  }

  used(proxy: ProxyKind, subject: Subject, address: PeerSocket, _atMs: number): void {
    this.#connected(proxy, subject, address);
  }

  held(proxy: ProxyKind, subject: Subject, address: PeerSocket, _atMs: number): void {
    this.#connected(proxy, subject, address);
  }

  looked(proxy: ProxyKind, subject: Subject, atMs: number): void {
    const gateway = this.#gateways.get(keyOf(proxy, subject));
    if (gateway) gateway.lookedMs = atMs;
  }

  look(views: readonly UpstreamsView[], upstreams: readonly TrackedUpstream[]): void {
    const { cluster, absence: why } = this.#options;
    const absence = cluster.freshness('services') === 'fresh' ? (why?.() ?? null) : null;
    if (this.#options.controllers().length === 0 && absence === null) {
      for (const [key, gateway] of this.#gateways) this.#forget(key, gateway);
      return;
    }
    this.#presence.look();
    this.#missed.look(servicesOf(upstreams));
    this.#resync.look(upstreams);
    const present = new Set<string>();
    for (const { proxy, subject } of views) {
      if (proxy !== 'nginx') continue;
      const key = keyOf(proxy, subject);
      present.add(key);
      if (!this.#gateways.has(key)) this.#gateways.set(key, { subject, lookedMs: 0, connectedMs: null });
    }
    const ready = this.#presence.ready();
    for (const [key, gateway] of this.#gateways) {
      if (present.has(key)) this.#judge(gateway, ready, absence);
      else this.#forget(key, gateway);
    }
  }

  #judge(gateway: Gateway, ready: number | null, absence: string | null): void {
    const { clock, sink, controllers } = this.#options;
    const { subject, lookedMs, connectedMs } = gateway;
    const named = controllers().join(', ');
    const isDown = absence !== null ? true : ready === null ? null : ready === 0;
    const why = absence ?? `${named} has no ready endpoint`;
    const down = isDown ? `${why}: changes of endpoints do not reach the gateway` : '';
    sink.condition({ condition: 'control_plane_down', subject, isActive: isDown, evidence: down });
    const nowMs = clock.now();
    const isKnown = connectedMs !== null && nowMs - lookedMs < LOOK_LASTS_MS;
    const isLost = isKnown ? lookedMs - connectedMs >= DISCONNECTED_AFTER_MS : null;
    const lost = isLost ? `no connection to ${named} since ${new Date(connectedMs!).toISOString().slice(0, 19)}Z` : '';
    sink.condition({ condition: 'control_plane_disconnected', subject, isActive: isLost, evidence: lost });
  }

  #forget(key: string, { subject }: Gateway): void {
    this.#gateways.delete(key);
    for (const condition of ['control_plane_down', 'control_plane_disconnected'] as const)
      this.#options.sink.condition({ condition, subject, isActive: null, evidence: '' });
  }

  #connected(proxy: ProxyKind, subject: Subject, address: PeerSocket): void {
    const gateway = this.#gateways.get(keyOf(proxy, subject));
    if (gateway !== undefined && this.#isController(address)) gateway.connectedMs = this.#options.clock.now();
  }

  /** The Service's own address where kube-proxy translates outside of the pod, else a pod's. */
  #isController({ ip, port }: PeerSocket): boolean {
    const { cluster } = this.#options;
    const controllers = this.#options.controllers();
    for (const key of controllers) {
      const service = cluster.service(key);
      if (service !== undefined && hasAddress(service, ip, port)) return true;
    }
    return cluster.index
      .at(ip)
      .some(({ slice }) => controllers.includes(slice.service) && slice.ports.some(({ number }) => number === port));
  }
}

/** Those that nginx gateways send to, `namespace/name`. */
function servicesOf(upstreams: readonly TrackedUpstream[]): Set<string> {
  const used = upstreams.filter(({ view, mapped }) => view.proxy === 'nginx' && !mapped.isStatic);
  return new Set(used.flatMap(({ mapped }) => mapped.service?.service ?? []));
}

function hasAddress({ clusterIps, ports }: Service, ip: string, port: number): boolean {
  return clusterIps.includes(ip) && ports.some((one) => one.port === port);
}

function keyOf(proxy: ProxyKind, subject: Subject): string {
  return [proxy, subject.namespace, subject.pod, subject.gateway].join('\xff');
}
