import type { Deed } from './record-incident-app.ts';
import { CART_PODS, type ServiceName, type Shop } from './record-incident-shop.ts';

export interface Stage {
  readonly shop: Shop;
  readonly dns: { forget(isForgotten: boolean): void };
}

type Act = (stage: Stage) => unknown;
export type Step = readonly [atMs: number, done: string, ...acts: Act[]];

const become =
  (service: ServiceName, deed: Deed): Act =>
  ({ shop }) => {
    for (const pod of shop.of(service)) pod.does(deed);
  };
const signal =
  (service: ServiceName, name: NodeJS.Signals): Act =>
  ({ shop }) => {
    for (const pod of shop.of(service)) pod.signal(name);
  };
const replace =
  (number: number): Act =>
  ({ shop }) =>
    shop.replaceCart(number);
const remove =
  (number: number): Act =>
  ({ shop }) =>
    shop.removeCart(number);
const [first, second, third] = CART_PODS.map((pod) => pod.old);

/** What is done to the shop, and when. */
export const SHOP_STORY: readonly Step[] = [
  [1500, `rolling update of cart: pod ${first} stops, its successor has started; nginx is not told`, replace(0)],
  [2500, 'search crashes while it works on requests', become('search', 'crash')],
  [3000, `the address ${first} leaves the node`, remove(0)],
  [4500, `cart: pod ${second} stops, its successor has started`, replace(1)],
  [5500, 'search gets as far as half an answer before it crashes', become('search', 'half')],
  [6000, `the address ${second} leaves the node`, remove(1)],
  [7500, `cart: pod ${third} stops, its successor has started; search works`, replace(2), become('search', 'ok')],
  [9000, `the address ${third} leaves the node`, remove(2)],
  [13_000, 'nginx is reloaded with the new addresses of cart', ({ shop }) => shop.reload()],
  [17_000, 'checkout stops accepting connections (backlog 8)', signal('checkout', 'SIGSTOP')],
  [24_000, 'inventory, behind Envoy: both pods stop', ({ shop }) => shop.crash('inventory')],
  [32_000, 'checkout works again', signal('checkout', 'SIGCONT')],
  [34_000, 'inventory: both pods are back', ({ shop }) => shop.startAgain('inventory')],
  [38_000, 'the DNS server does not know payments.partner.example any more', ({ dns }) => dns.forget(true)],
  [44_000, 'DNS works; login sends a session cookie of 6 kB', ({ dns }) => dns.forget(false), become('login', 'big')],
  [50_000, 'login works; both pods of search stop', become('login', 'ok'), ({ shop }) => shop.crash('search')],
  [54_000, 'inventory answers nothing', become('inventory', 'silent')],
  [58_000, 'search is back', ({ shop }) => shop.startAgain('search')],
  [63_000, 'inventory answers again: all is well', become('inventory', 'ok')],
];
