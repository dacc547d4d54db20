import assert from 'node:assert/strict';
import type { Pod } from '../../src/contract/cluster.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { EndpointGaps } from '../../src/facts/endpoint-gaps.ts';
import type { GapSink } from '../../src/facts/gap-sink.ts';
import type { MappedService } from '../../src/facts/tracked-upstream.ts';
import { UpstreamTruth } from '../../src/facts/upstream-truth.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, view } from './views.ts';

export const STALE_MS = 180_000;
type Upstreams = Parameters<typeof view>[0];

/** Upstream `cart…` stands for shop/cart, `vip` for its own address, anything else for nothing. */
export function byName(name: string): MappedService {
  const service = name.startsWith('legacy') ? null : { service: 'shop/cart', portName: 'http' };
  return { service, portNumber: '80', method: 'name', reason: '', isStatic: name.startsWith('vip') };
}

/** What an EndpointGaps has found, in short words: `death 3000`, `death 0 clamped`, `flap`, `death? not_seen` … */
export function recordingSink(found: string[]): GapSink {
  const gap =
    (word: string) =>
    (_: unknown, { milliseconds, isClamped }: { milliseconds: number; isClamped: boolean }) =>
      found.push(`${word} ${milliseconds}${isClamped ? ' clamped' : ''}`);
  return {
    present: ({ subject }) => found.push(`present ${subject.pod}`),
    deathGap: gap('death'),
    propagation: gap('propagation'),
    flap: () => found.push('flap'),
    deathGapUnknown: (_, reason) => found.push(`death? ${reason}`),
    propagationUnknown: (_, reason) => found.push(`propagation? ${reason}`),
  };
}

/** A cluster, a proxy and what is measured between them, on a clock that only the test moves. */
export function gapRig({ mostPending = 10_000, map = byName }: { mostPending?: number; map?: typeof byName } = {}) {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const found: string[] = [];
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: STALE_MS, wanted: () => none });
  const sink = recordingSink(found);
  const gaps = new EndpointGaps({ clock, cluster, sink, viewStaleAfterMs: STALE_MS, mostPending });
  const truth = new UpstreamTruth({
    ...{ clock, cluster, wasOwner: () => false, viewStaleAfterMs: STALE_MS, uses: gaps },
    mapping: { map: (_, { name }) => map(name), forget() {} },
  });
  const look = () => {
    gaps.look();
    truth.evaluate();
  };
  const rig = {
    cluster,
    gaps,
    truth,
    now: () => nowMs,
    current: () => cluster.current('endpointslices', nowMs),
    /** The slice `a` of shop/cart, or another. */
    slices: (endpoints: readonly Endpoint[], key = 'a', more: Parameters<typeof slice>[2] = {}) =>
      cluster.set('endpointslices', slice(key, endpoints, more)),
    ready: (...ips: string[]) => rig.slices(ips.map((ip) => endpoint(ip))),
    /** The proxy is read now. */
    uses: (upstreams: Upstreams, more: Parameters<typeof view>[1] = {}, key = 'conf') =>
      truth.report(key, view(upstreams, { readAtMs: nowMs, ...more })),
    /** In one upstream that stands for shop/cart. */
    cart: (...ips: string[]) => rig.uses({ cart: ips.map((ip) => `${ip}:8080`) }),
    step(ms: number) {
      nowMs += ms;
    },
    /** Looks every second; the source of the slices is there, or is not. */
    wait(seconds: number, isWatched = true) {
      for (let i = 0; i < seconds; i++) {
        nowMs += 1000;
        if (isWatched) rig.current();
        look();
      }
    },
    /** What has been found since the last call. */
    found: () => found.splice(0).filter((word) => !word.startsWith('present')),
    all: () => found.splice(0),
    pod(ip: string, deletedAtMs: number | null, uid = `uid-${ip}`) {
      const rest = { nodeName: '', phase: 'Running', ips: [ip], hostNetwork: false, ready: false, containers: [] };
      cluster.set('pods', { key: `shop/pod-${ip}`, uid, deletedAtMs, ...rest } satisfies Pod);
    },
  };
  return rig;
}

/** An endpoint of the pod that `pod` of the rig makes. */
export function podEndpoint(ip: string, more: Partial<Endpoint> = {}): Endpoint {
  return endpoint(ip, { podName: `pod-${ip}`, ...more });
}

export const GOING = { ready: false, serving: true, terminating: true } as const;
export const OTHER_POD = { ...EDGE, pod: 'edge-2' };

export const [A, B, C] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

/** The slices are known, the proxy uses `ips`, all ready. */
export function settled(ips: readonly string[] = [A, B], options: Parameters<typeof gapRig>[0] = {}) {
  const rig = gapRig(options);
  rig.ready(...ips);
  rig.current();
  rig.cart(...ips);
  rig.wait(1);
  assert.deepEqual(rig.found(), [], 'what is there from the start is no news');
  return rig;
}
