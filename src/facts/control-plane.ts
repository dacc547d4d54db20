import type { Service } from '../contract/cluster.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { AddressSink, ConditionSink, PeerSocket, UpstreamsView } from '../contract/upstream.ts';
import type { ClusterState } from './cluster-state.ts';

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
  readonly controllers: readonly string[];
}

/**
 * Conditions of nginx gateways whose configuration comes from a controller: `control_plane_down` (no ready endpoint of the
 * controller's Service) and `control_plane_disconnected` (a gateway that was connected to it is not any more).
 */
export class ControlPlane implements AddressSink {
  readonly #options: ControlPlaneOptions;
  readonly #gateways = new Map<string, Gateway>();

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
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

  look(views: readonly UpstreamsView[]): void {
    if (this.#options.controllers.length === 0) return;
    const present = new Set<string>();
    for (const { proxy, subject } of views) {
      if (proxy !== 'nginx') continue;
      const key = keyOf(proxy, subject);
      present.add(key);
      if (!this.#gateways.has(key)) this.#gateways.set(key, { subject, lookedMs: 0, connectedMs: null });
    }
    const ready = this.#ready();
    for (const [key, gateway] of this.#gateways) {
      if (present.has(key)) this.#judge(gateway, ready);
      else this.#forget(key, gateway);
    }
  }

  #judge(gateway: Gateway, ready: number | null): void {
    const { clock, sink, controllers } = this.#options;
    const { subject, lookedMs, connectedMs } = gateway;
    const named = controllers.join(', ');
    const isDown = ready === null ? null : ready === 0;
    const down = isDown ? `${named} has no ready endpoint: changes of endpoints do not reach the gateway` : '';
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
    const { cluster, controllers } = this.#options;
    for (const key of controllers) {
      const service = cluster.service(key);
      if (service !== undefined && hasAddress(service, ip, port)) return true;
    }
    return cluster.index
      .at(ip)
      .some(({ slice }) => controllers.includes(slice.service) && slice.ports.some(({ number }) => number === port));
  }

  /** Ready endpoints of all controllers; null: not known, or a Service of that name is not there. */
  #ready(): number | null {
    const { cluster, controllers } = this.#options;
    if (cluster.freshness('endpointslices') !== 'fresh') return null;
    const known = controllers.filter((key) => cluster.service(key) !== undefined);
    if (known.length === 0) return null;
    let ready = 0;
    for (const key of known)
      for (const { endpoints } of cluster.index.slicesOf(key))
        for (const endpoint of endpoints) if (endpoint.ready) ready++;
    return ready;
  }
}

function hasAddress({ clusterIps, ports }: Service, ip: string, port: number): boolean {
  return clusterIps.includes(ip) && ports.some((one) => one.port === port);
}

function keyOf(proxy: ProxyKind, subject: Subject): string {
  return [proxy, subject.namespace, subject.pod, subject.gateway].join('\xff');
}
