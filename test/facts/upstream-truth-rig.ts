import { ClusterState } from '../../src/facts/cluster-state.ts';
import type { Mapping } from '../../src/facts/tracked-upstream.ts';
import { UpstreamTruth } from '../../src/facts/upstream-truth.ts';
import { view } from './views.ts';

/** `cart` stands for shop/cart, `vip…` for its own address, anything else for nothing. */
export const byName: Mapping['map'] = (_, { name }) =>
  name.startsWith('vip') || name === 'cart'
    ? {
        service: { service: 'shop/cart', portName: 'http' },
        portNumber: '80',
        method: 'name',
        reason: '',
        isStatic: name.startsWith('vip'),
      }
    : { service: null, portNumber: '', method: 'none', reason: '', isStatic: false };

export function setUp(map = byName) {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 180_000, wanted: () => none });
  const truth = new UpstreamTruth({
    clock,
    cluster,
    mapping: { map, forget() {} },
    wasOwner: () => false,
    viewStaleAfterMs: 60_000,
  });
  const report = (upstreams: Parameters<typeof view>[0], more: Parameters<typeof view>[1] = {}) =>
    truth.report('conf', view(upstreams, { readAtMs: nowMs, ...more }));
  cluster.current('endpointslices', nowMs);
  return {
    cluster,
    truth,
    report,
    /** Evaluates every second for so long. */
    wait(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        nowMs += 1000;
        truth.evaluate();
      }
    },
    now: () => nowMs,
    /** States other than 0 of every upstream. */
    counts() {
      truth.evaluate();
      return Object.fromEntries(
        truth
          .upstreams()
          .map(({ upstream, compared }) => [
            upstream.name,
            Object.fromEntries(Object.entries(compared.counts).filter(([, count]) => count > 0)),
          ]),
      );
    },
  };
}
