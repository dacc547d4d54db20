import type { Cause, Symptom } from '../../../src/contract/names.ts';
import type { Fault } from '../fault.ts';
import { NGINX_UPSTREAM } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import type { Asking } from '../traffic.ts';

export interface Setup {
  /** Runs in the pod in the application's place; argv: its address. */
  readonly script: string;
  /** Lines of the location that passes to the upstream. Default: `proxy_pass`. */
  readonly location?: string;
  /** Lines of the upstream's block. */
  readonly block?: string;
  /** nginx has sent a status by the time it fails, which its access log says instead. */
  readonly isAnswered?: boolean;
}

/** Of a location whose connections to the upstream are kept. */
export const KEPT = `proxy_pass http://${NGINX_UPSTREAM}; proxy_http_version 1.1; proxy_set_header Connection "";`;

/** shop/cart on one pod that runs a script, ready for the API, and nginx in front of it. */
export async function scriptBehindNginx(scene: Scene, setup: Setup): Promise<StagedPod> {
  const { script, location = `proxy_pass http://${NGINX_UPSTREAM};`, block = '' } = setup;
  const pod = await scene.pod('cart-1', { port: null });
  const child = pod.spawn(process.execPath, '-e', script, pod.ip);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  scene.service('cart', [pod.endpoint()]);
  await scene.nginx.start({
    http: `upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080 max_fails=0; ${block} }`,
    server: `location / { ${location} }`,
  });
  return pod;
}

type Told = Omit<Fault, 'proxy' | 'stage'>;

/** A fault that is there from the start. */
export function standingBehindNginx(told: Told, setup: Setup, asking: Asking = { count: 20 }): Fault {
  return {
    ...told,
    proxy: 'nginx',
    async stage(scene) {
      await scriptBehindNginx(scene, setup);
      await scene.watch({ healthy: false });
      const provoked = await scene.provoke(asking);
      return setup.isAnswered ? { ...provoked, byProxy: null } : provoked;
    },
  };
}

/** One cause, said by one symptom. */
export const said = (name: string, what: string, cause: Cause, symptom: Symptom, setup: Setup): Fault =>
  standingBehindNginx({ name, what, expected: { [cause]: 1 }, symptoms: [symptom] }, setup);
