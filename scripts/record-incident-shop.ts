import { STATUS_PATH } from '../src/commands/demo-answers.ts';
import type { Cleanup } from '../test/faults/cleanup.ts';
import { logDirectoryOf, WrittenCluster } from './record-incident-cluster.ts';
import type { Frames } from './record-incident-frames.ts';
import { ShopNginx } from './record-incident-nginx.ts';
import { DNS } from './record-incident-outside.ts';
import { type PodSpec, ShopPod } from './record-incident-pod.ts';

const pods = (service: string, list: Readonly<Record<string, string>>, backlog?: number): PodSpec[] =>
  Object.entries(list).map(([name, ip]) => ({
    ...{ service, name: `${service}-${name}`, ip: `10.2.${ip}` },
    ...(backlog === undefined ? {} : { backlog }),
  }));

const OLD_CART = pods('cart', { '6d4cf56db6-7xk2p': '1.11', '6d4cf56db6-b8wqz': '1.12', '6d4cf56db6-v5nhl': '1.13' });
const NEW_CART = pods('cart', { '7c9f8d5b4-2lmtx': '1.21', '7c9f8d5b4-h6kdw': '1.22', '7c9f8d5b4-zq94s': '1.23' });
const BEHIND_NGINX = {
  checkout: pods('checkout', { '5b8fd7c66c-4jrwm': '2.11', '5b8fd7c66c-x9dlp': '2.12' }, 8),
  search: pods('search', { '84d6b9cfd7-g2hvn': '3.11', '84d6b9cfd7-tw6zc': '3.12' }),
  login: pods('login', { '66c5d9b8f4-n7bqk': '4.11' }),
};
const INVENTORY = pods('inventory', { '79f4c8d5bb-5zxkr': '6.11', '79f4c8d5bb-qd8wl': '6.12' });
export type ServiceName = 'cart' | 'checkout' | 'search' | 'login' | 'inventory';

export const CART_PODS = OLD_CART.map(({ ip }, at) => ({ old: ip, new: NEW_CART[at].ip }));
export const INVENTORY_IPS = INVENTORY.map(({ ip }) => ip);
/** kubelet tells the API so long after a container has ended, or has been ready again. */
const KUBELET_MS = 1000;

/** The pods of the shop, nginx in front of them, and what an API server would say of them. */
export class Shop {
  readonly nginx = new ShopNginx();
  readonly cluster = new WrittenCluster(['cart', 'checkout', 'search', 'login', 'inventory']);
  readonly #pods = new Map<string, ShopPod>();
  readonly #cleanup: Cleanup;
  readonly #frames: Frames;

  constructor(cleanup: Cleanup, frames: Frames) {
    this.#cleanup = cleanup;
    this.#frames = frames;
  }

  async start(): Promise<void> {
    for (const spec of [...OLD_CART, ...Object.values(BEHIND_NGINX).flat(), ...INVENTORY]) await this.#startPod(spec);
    await this.nginx.start(nginxConfig(OLD_CART), this.#cleanup);
    this.#frames.nginx(this.nginx.dump());
  }

  all(): ShopPod[] {
    return [...this.#pods.values()];
  }

  of(service: ServiceName): ShopPod[] {
    return this.all().filter(({ spec, pid }) => spec.service === service && pid > 0);
  }

  /** As a rolling update does: the successor first, then the pod is deleted and ends, which the API says before it happens. */
  async replaceCart(number: number): Promise<void> {
    await this.#startPod(NEW_CART[number]);
    const pod = this.#pods.get(OLD_CART[number].ip)!;
    this.cluster.say(pod, 'terminating');
    await pod.endApp();
  }

  /** What is left of the pod: its network, and what the API says. */
  async removeCart(number: number): Promise<void> {
    const pod = this.#pods.get(OLD_CART[number].ip)!;
    await pod.remove();
    this.cluster.delete(pod);
  }

  reload(): void {
    this.nginx.reload(nginxConfig(NEW_CART));
    this.#frames.nginx(this.nginx.dump());
  }

  async crash(service: ServiceName): Promise<void> {
    await Promise.all(this.of(service).map((pod) => pod.endApp()));
    setTimeout(() => this.#sayAll(service, 'unready'), KUBELET_MS);
  }

  async startAgain(service: ServiceName): Promise<void> {
    await Promise.all(this.of(service).map((pod) => pod.startApp()));
    setTimeout(() => this.#sayAll(service, 'ready'), KUBELET_MS);
  }

  #sayAll(service: ServiceName, condition: 'ready' | 'unready'): void {
    for (const pod of this.of(service)) this.cluster.say(pod, condition);
  }

  async #startPod(spec: PodSpec): Promise<void> {
    const pod = new ShopPod(spec, this.#cleanup);
    this.#pods.set(spec.ip, pod);
    await pod.start();
    this.#frames.written(`root/${logDirectoryOf(pod)}/${spec.service}/0.log`, '');
    this.cluster.say(pod, 'ready');
  }
}

function nginxConfig(cart: readonly PodSpec[]): string {
  const servers = (list: readonly PodSpec[], extra = '') =>
    list.map(({ ip }) => `    server ${ip}:8080${extra};`).join('\n');
  return `
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_connect_timeout 1s;
  proxy_read_timeout 2s;
  proxy_next_upstream off;
  proxy_buffer_size 4k;
  resolver ${DNS} ipv6=off valid=1s;
  upstream cart {
${servers(cart, ' max_fails=0')}
  }
  upstream checkout {
${servers(BEHIND_NGINX.checkout, ' max_fails=0')}
  }
  upstream search {
${servers(BEHIND_NGINX.search, ' max_fails=3 fail_timeout=3s')}
  }
  upstream login {
${servers(BEHIND_NGINX.login)}
  }
  server {
    listen 80;
    server_name shop.example.com;
    location = /nginx-is-up { return 204; }
    location = ${STATUS_PATH} { stub_status; }
    location /cart { proxy_pass http://cart; }
    location /checkout { proxy_pass http://checkout; }
    location /search { proxy_pass http://search; }
    location /login { proxy_pass http://login; }
    location /payments { set $payments payments.partner.example; proxy_pass http://$payments:8080; }
  }`;
}
