import type { Observation, PeerAddress } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { EndpointHistory } from '../../src/facts/endpoint-history.ts';
import { ObservedUpstreams } from '../../src/facts/observed-upstreams.ts';
import { ServiceMapping } from '../../src/facts/service-mapping.ts';
import { UpstreamTruth } from '../../src/facts/upstream-truth.ts';
import { service } from './mapping-rig.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE } from './views.ts';

export const OLD = { ip: '10.0.0.1', port: 8080 };
export const NEW = { ip: '10.0.0.2', port: 8080 };

/** Observed addresses, the cluster and the comparison as they are wired, with a clock that tests step. */
export class ObservedRig {
  nowMs = 1_000_000;
  readonly cluster: ClusterState;
  readonly history = new EndpointHistory();
  readonly truth: UpstreamTruth;
  readonly observed: ObservedUpstreams;
  /** Reports and removals that the comparison was told of. */
  reports = 0;
  removals = 0;

  constructor(limits: { mostOfOne?: number; most?: number } = {}) {
    const clock = { now: () => this.nowMs };
    const none = { namespaces: [], names: [], hasUnnamed: false };
    const { history } = this;
    this.cluster = new ClusterState({ clock, staleAfterMs: 180_000, wanted: () => none });
    this.cluster.listen({ slice: (before, after) => history.change(before, after, this.nowMs) });
    this.truth = new UpstreamTruth({
      clock,
      cluster: this.cluster,
      mapping: new ServiceMapping({ clock, services: this.cluster, history }),
      wasOwner: (...asked) => history.wasOwner(...asked),
      viewStaleAfterMs: 180_000,
    });
    const upstreams = {
      report: (...told: Parameters<UpstreamTruth['report']>) => {
        this.reports++;
        this.truth.report(...told);
      },
      suspend: (key: string) => this.truth.suspend(key),
      remove: (key: string) => {
        this.removals++;
        this.truth.remove(key);
      },
    };
    this.observed = new ObservedUpstreams({ clock, history, cluster: this.cluster, upstreams, ...limits });
    this.cluster.current('services', this.nowMs);
    this.cluster.set('services', service('shop/cart'));
    this.endpoints('shop/cart', OLD.ip);
  }

  /** The Service's ready endpoints at port 8080 are these now; the slices are complete. */
  endpoints(key: string, ...ips: string[]): void {
    const name = key.replace('/', '-');
    this.cluster.current('endpointslices', this.nowMs);
    this.cluster.set(
      'endpointslices',
      slice(
        name,
        ips.map((ip) => endpoint(ip)),
        { service: key },
      ),
    );
  }

  used(address = OLD, atMs = this.nowMs): void {
    this.observed.used('nginx', EDGE, address, atMs);
  }

  held(address = OLD): void {
    this.observed.held('nginx', EDGE, address, this.nowMs);
  }

  /** A line of the gateway's error log that names the peer. */
  failed(peer: Partial<PeerAddress> | null, more: Partial<Observation> = {}): void {
    this.observed.observe({
      ...{ proxy: 'nginx', subject: EDGE, symptom: 'connect_refused', failure: true, count: 1 },
      ...{ sinceMs: this.nowMs, atMs: this.nowMs },
      upstream: UNKNOWN_UPSTREAM,
      peer: peer && { scheme: 'http', address: OLD.ip, port: OLD.port, ...peer },
      ...more,
    });
  }

  /** Looks every second for so long; the slices stay fresh. */
  wait(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.nowMs += 1000;
      this.cluster.current('endpointslices', this.nowMs);
      this.observed.look(this.nowMs);
      this.truth.evaluate();
    }
  }

  /** Upstream → `method namespace/service` and the states above 0. */
  seen(): Record<string, unknown> {
    this.observed.look(this.nowMs);
    this.truth.evaluate();
    return Object.fromEntries(
      this.truth.upstreams().map(({ upstream, mapped, compared }) => {
        const counts = Object.entries(compared.counts).filter(([, count]) => count > 0);
        return [
          upstream.name,
          [mapped.service?.service ?? null, ...counts.map(([state, count]) => `${state} ${count}`)],
        ];
      }),
    );
  }
}
