import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from '../scene.ts';

/** The kernel gives up looking for a neighbour within a second instead of three. */
export const IMPATIENT = [
  'sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=2 net.ipv4.neigh.eth0.retrans_time_ms=300',
  'ip neigh flush dev eth0',
];
export const SHORT = 'proxy_connect_timeout 1s;';
/** A pod that went is forgotten by everybody but the gateway. */
export const GONE_FOR_MS = 1500;

/** shop/cart on two pods and nginx in front of it, well until `watch` returns. */
export async function twoPods(scene: Scene, location = '') {
  const [stays, goes] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
  scene.service('cart', [stays.endpoint(), goes.endpoint()]);
  await scene.nginxTo([`${stays.ip}:8080 max_fails=0`, `${goes.ip}:8080 max_fails=0`], { location });
  await scene.watch();
  return { stays, goes };
}

/** The pod is deleted and gone, its address too, and the gateway has not heard of it. */
export async function vanish(scene: Scene, { stays, goes }: Awaited<ReturnType<typeof twoPods>>): Promise<void> {
  scene.endpoints('cart', [stays.endpoint(), goes.endpoint('terminating')]);
  await delay(300);
  await goes.end();
  scene.endpoints('cart', [stays.endpoint()]);
  scene.deletePod(goes);
}
