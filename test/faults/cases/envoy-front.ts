import type { Fault, Provoked } from '../fault.ts';
import type { EnvoyWorld } from '../gateway-envoy.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import type { PodOptions } from '../scene-options.ts';
import { type Asking, ask } from '../traffic.ts';
import { envoyWorld } from './envoy-world.ts';

export const TYPE = 'type.googleapis.com/envoy.extensions';
export const HTTP2 = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};
/** The end of a script that serves: argv is its address, and it says when it listens. */
export const LISTEN = ".listen(8080, process.argv[1], () => console.log('listens'))";

export interface Front {
  readonly app?: PodOptions;
  /** Runs in the pod in the application's place. */
  readonly script?: string;
  /** Further fields of the cluster. */
  readonly cluster?: object;
  readonly world?: Partial<EnvoyWorld> & { readonly route?: object };
  /** Clusters besides it. */
  readonly helpers?: EnvoyWorld['clusters'];
}

/** shop/cart on one pod, ready for the API, and Envoy in front of it. */
export async function front(scene: Scene, { app, script, cluster, world, helpers = [] }: Front): Promise<StagedPod> {
  const pod = await scene.pod('cart-1', script === undefined ? app : { port: null });
  if (script !== undefined) {
    const child = pod.spawn(process.execPath, '-e', script, pod.ip);
    await new Promise((resolve) => child.stdout!.once('data', resolve));
  }
  scene.service('cart', [pod.endpoint()]);
  const made = envoyWorld([pod.ip], cluster, world);
  await scene.envoyTo({ ...made, clusters: [...made.clusters, ...helpers] });
  return pod;
}

type Told = Omit<Fault, 'proxy' | 'stage'>;

/** A fault that is there from the start. */
export function standing(told: Told, setup: Front, asking: Asking = { count: 20 }): Fault {
  return {
    ...told,
    proxy: 'envoy',
    async stage(scene) {
      await front(scene, setup);
      await scene.watch({ healthy: false });
      return await scene.provoke(asking);
    },
  };
}

/** The same where other attempts fail than those that clients hear of: so many. */
export function attempts(told: Told, setup: Front, asking: Asking, failures: number): Fault {
  return {
    ...told,
    proxy: 'envoy',
    async stage(scene) {
      await front(scene, setup);
      await scene.watch({ healthy: false });
      const { lastMs } = await ask(scene.front, asking);
      return { failures, lastMs, byProxy: null };
    },
  };
}

/** What clients do, or are refused: nothing of it is a failure of the gateway. */
export function harmless(told: Omit<Told, 'expected'>, setup: Front, run: (scene: Scene) => Promise<unknown>): Fault {
  return {
    ...told,
    ...{ proxy: 'envoy', expected: {} },
    async stage(scene): Promise<Provoked> {
      await front(scene, setup);
      await scene.watch({ healthy: false });
      await run(scene);
      return { failures: 0, lastMs: Date.now(), byProxy: null };
    },
  };
}

/** An HTTP filter. */
export function filter(name: string, type: string, fields: object): object {
  return { name: `envoy.filters.http.${name}`, typed_config: { '@type': `${TYPE}.filters.http.${type}`, ...fields } };
}
