import { setTimeout as delay } from 'node:timers/promises';
import type { Deed } from '../app.ts';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { EnvoyWorld } from '../gateway-envoy.ts';
import type { Asking } from '../traffic.ts';
import { TYPE } from './envoy-front.ts';
import { envoyWorld } from './envoy-world.ts';

const AGGREGATE = {
  ...{ type: undefined, load_assignment: undefined, lb_policy: 'CLUSTER_PROVIDED' },
  cluster_type: {
    name: 'envoy.clusters.aggregate',
    typed_config: { '@type': `${TYPE}.clusters.aggregate.v3.ClusterConfig`, clusters: [ENVOY_UPSTREAM] },
  },
};

function behindAggregate(ip: string): EnvoyWorld {
  const { clusters } = envoyWorld([ip]);
  return {
    clusters: [...clusters, { name: 'all', hosts: [], extra: AGGREGATE }],
    routes: [{ prefix: '/', route: { cluster: 'all', timeout: '1s' } }],
  };
}

type Told = Pick<Fault, 'name' | 'what' | 'expected' | 'symptoms' | 'upstream'>;

const aggregated = (told: Told, does: Deed | null, asking: Asking): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.envoyTo(behindAggregate(pod.ip));
    await scene.watch();
    if (does === null) await pod.closeListener();
    else await pod.does(does);
    await delay(300);
    return await scene.provoke(asking);
  },
});

/** An aggregate cluster (failover of several): Envoy counts what it answers for it, and connections for the cluster below. */
export const ENVOY_AGGREGATE_FAULTS: readonly Fault[] = [
  aggregated(
    {
      ...{ name: 'aggregate-not-listening-envoy', what: 'the application behind an aggregate cluster listens no more' },
      ...{ expected: { not_listening: 1 }, symptoms: ['connect_refused'] },
    },
    null,
    { count: 20 },
  ),
  aggregated(
    {
      ...{ name: 'aggregate-503-envoy', what: 'the application behind an aggregate cluster answers 503' },
      ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx'] },
    },
    'unavailable',
    { count: 20 },
  ),
  aggregated(
    {
      ...{ name: 'aggregate-closed-envoy', what: 'the application behind an aggregate cluster closes before a header' },
      ...{ expected: { premature_close: 1 }, symptoms: ['premature_close'] },
    },
    'close',
    { count: 20 },
  ),
  aggregated(
    {
      ...{ name: 'aggregate-silent-envoy', what: 'the application behind an aggregate cluster does not answer' },
      ...{ expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
    },
    'silent',
    { count: 20, together: 10 },
  ),
];
