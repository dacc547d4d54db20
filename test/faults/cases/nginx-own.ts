import { execFileSync } from 'node:child_process';
import { request } from 'node:http';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { NOWHERE } from './gateway.ts';

const KIBIBYTE = 1024;
/** Asked before the application is. */
const AUTH = 'location = /auth { internal; proxy_pass http://auth; }';

/** nginx asks a service whether a request may pass; that answers 5xx itself. */
const authAnswers = (name: string, does: 'error' | 'unavailable', what: string): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: { app_error: 1 }, symptoms: ['upstream_5xx'], upstream: NOWHERE },
  async stage(scene) {
    const [pod, auth] = [await scene.pod('cart-1'), await scene.pod('auth-1')];
    scene.service('cart', [pod.endpoint()]);
    scene.service('auth', [auth.endpoint()]);
    const upstreams = `upstream shop_cart_80 { server ${pod.ip}:8080; } upstream auth { server ${auth.ip}:8080; }`;
    await scene.nginx.start({
      http: upstreams,
      server: `location / { auth_request /auth; proxy_pass http://shop_cart_80; } ${AUTH}`,
    });
    await scene.watch();
    await auth.does(does);
    return await scene.provoke({ count: 20 });
  },
});

/** What nginx keeps in files for a while finds no room: 64 KiB of it. */
function fillDisk({ nginx: { directory }, cleanup }: Scene): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', `${directory}/tmp`]);
  cleanup.after(() => execFileSync('umount', ['-l', `${directory}/tmp`]));
}

/** The status of the answer to a request of this size; 0: there was none. */
export const post = (socketPath: string, bytes: number) =>
  new Promise<number>((resolve) => {
    const headers = { host: 'shop.example', 'content-length': bytes };
    const outgoing = request({ socketPath, path: '/', method: 'POST', agent: false, headers }, (answer) => {
      answer.resume().on('close', () => resolve(answer.statusCode ?? 0));
    });
    outgoing.on('error', () => resolve(0));
    outgoing.end('x'.repeat(bytes));
  });

/** A client that reads nothing for a while; whether it got all in the end. */
const readSlowly = (socketPath: string) =>
  new Promise<boolean>((resolve) => {
    const outgoing = request({ socketPath, path: '/', agent: false, headers: { host: 'shop.example' } }, (answer) => {
      setTimeout(() => answer.resume(), 1000);
      answer.on('error', () => {}).on('close', () => resolve(answer.complete));
    });
    outgoing.on('error', () => resolve(false)).end();
  });

/** What nginx answers for reasons that are neither an upstream's nor a limit's. */
export const NGINX_OWN_FAULTS: readonly Fault[] = [
  authAnswers('auth-request-500', 'error', 'the service that auth_request asks answers 500: so does nginx'),
  authAnswers('auth-request-503', 'unavailable', 'the service that auth_request asks answers 503: nginx answers 500'),
  {
    name: 'disk-full-request-body',
    proxy: 'nginx',
    what: 'no room for the body of a request in client_body_temp_path (28): 500',
    expected: { unidentified: 1 },
    symptoms: ['other'],
    upstream: NOWHERE,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      fillDisk(scene);
      await scene.nginxTo([`${pod.ip}:8080`], { location: 'client_body_buffer_size 8k;' });
      await scene.watch();
      let failures = 0;
      for (let asked = 0; asked < 10; asked++) if ((await post(scene.front, 512 * KIBIBYTE)) >= 500) failures++;
      return { failures, lastMs: Date.now(), byProxy: null };
    },
  },
  {
    name: 'disk-full-answer',
    proxy: 'nginx',
    what: 'no room for an answer in proxy_temp_path (28): it breaks off at a client that reads slowly',
    expected: { unidentified: 1 },
    symptoms: ['other'],
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      fillDisk(scene);
      await scene.nginxTo([`${pod.ip}:8080`]);
      await scene.watch();
      await pod.does('large');
      const whole = await Promise.all(Array.from({ length: 10 }, () => readSlowly(scene.front)));
      return { failures: whole.filter((isWhole) => !isWhole).length, lastMs: Date.now(), byProxy: null };
    },
  },
];
