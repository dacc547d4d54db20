import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { nameServer } from './envoy-dns.ts';
import { NOWHERE } from './gateway.ts';
import { GONE_FOR_MS, IMPATIENT } from './two-pods.ts';

/** The name is looked up at each request, as behind a variable it is. */
const BY_NAME =
  'resolver 127.0.0.1:5353 ipv6=off; resolver_timeout 500ms; location / { set $name cart.shop.svc; proxy_pass http://$name:8080; }';

/** argv: an address, which it says of every name (RFC 1035 §4.1.3). */
const SAYS = `const d = require('dgram').createSocket('udp4');
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, ...process.argv[1].split('.').map(Number)]);
  d.on('message', (q, from) => { const head = Buffer.from(q); head.writeUInt16BE(0x8180, 2); head.writeUInt16BE(1, 6); d.send(Buffer.concat([head, answer]), from.port, from.address); });
  d.bind(5353, '127.0.0.1', () => console.log('listens'))`;

/** The pod is replaced, and the name server says the address of the one before for an hour. */
async function sayOldAddress(scene: Scene): Promise<Provoked> {
  const [stays, goes] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
  scene.service('cart', [stays.endpoint(), goes.endpoint()]);
  await once(scene.gateway.spawn(process.execPath, '-e', SAYS, goes.ip).stdout!, 'data');
  await scene.nginx.start({
    http: `upstream ${NGINX_UPSTREAM} { server ${stays.ip}:8080; }`,
    server: `${BY_NAME} location /other { proxy_pass http://${NGINX_UPSTREAM}; }`,
  });
  await scene.watch();
  scene.gateway.network.run(...IMPATIENT);
  scene.endpoints('cart', [stays.endpoint()]);
  scene.deletePod(goes);
  await goes.end();
  goes.network.run('ip link set eth0 down');
  await delay(GONE_FOR_MS);
  return await scene.provoke({ count: 20, together: 10 });
}

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
  {
    name: 'dns-old-address',
    proxy: 'nginx',
    what: 'the name server still says the address of a pod that is gone (113), behind a variable in proxy_pass',
    expected: { stale_endpoint: 1 },
    symptoms: ['host_unreachable'],
    // No upstream of the configuration has the address.
    upstream: { upstream: '' },
    stage: sayOldAddress,
  },
];
