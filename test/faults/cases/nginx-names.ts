import type { Fault, Provoked } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { nameServer } from './envoy-dns.ts';
import { NOWHERE } from './gateway.ts';

/** The name is looked up at each request, as behind a variable it is. */
const BY_NAME =
  'resolver 127.0.0.1:5353 ipv6=off; resolver_timeout 500ms; location / { set $name cart.shop.svc; proxy_pass http://$name:8080; }';

const unresolved = (name: string, what: string, serve: (scene: Scene) => Promise<void>): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: { dns_failure: 1 }, symptoms: ['dns_failure'], upstream: NOWHERE },
  async stage(scene): Promise<Provoked> {
    await serve(scene);
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.nginx.start({ server: BY_NAME });
    await scene.watch({ healthy: false, mapped: false, listed: false });
    return await scene.provoke({ count: 20, together: 5 });
  },
});

/** Name servers that do not say where the upstream is, in another way than that its name does not exist. */
export const NGINX_NAME_FAULTS: readonly Fault[] = [
  unresolved('dns-servfail', 'the name server fails (2)', (scene) => nameServer(scene, 'servfail')),
  unresolved('dns-silent', 'the name server does not answer (110)', (scene) => nameServer(scene, 'silent')),
  unresolved('dns-server-gone', 'nobody listens at the port of the name server (111)', async () => {}),
];
