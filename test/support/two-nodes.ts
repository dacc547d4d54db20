import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeApiServer } from '../kubernetes/api-server.ts';
import { endpointSlice, pod, service } from '../kubernetes/objects.ts';
import { Netns } from './netns.ts';
import { TestCgroup } from './test-cgroup.ts';
import { TestNode } from './test-node.ts';

/** Of the backend, behind Service shop/cart. */
export const POD = 'cart-0';
const BACKEND_IP = '10.79.0.1';
const GATEWAY_IP = '10.79.0.2';
const LONGEST_STOP_MS = 20_000;
/** Its queue holds two connections. When it is told to, it does nothing any more. */
const APPLICATION = `require('http').createServer((_, response) => response.end('ok'))
  .listen({ port: 8080, host: process.argv[1], backlog: 1 }, () => console.log('ready'));
  process.stdin.on('data', () => process.kill(process.pid, 'SIGSTOP'))`;

/** nginx in a pod of one node, its upstream in a pod of another, and an API server (docs/testing-kubernetes.md) that knows both. */
export class TwoNodes {
  readonly api: FakeApiServer;
  /** Of the gateway and of the backend. */
  readonly nodes: readonly [TestNode, TestNode];
  /** Unix socket of the gateway. */
  readonly front: string;
  readonly config: string;
  readonly errorLog: string;
  /** Under it is what the backend's node has in /var/log/pods, by which an agent there names its pods. */
  readonly root: string;
  readonly #hang: () => void;
  readonly #cart: StagedPod;

  private constructor(parts: Parts) {
    const { api, nodes, directory, cart, hang } = parts;
    this.api = api;
    this.nodes = nodes;
    this.front = join(directory, 'front.sock');
    this.config = join(directory, 'edge.conf');
    this.errorLog = join(directory, 'error.log');
    this.root = join(directory, 'node-b');
    this.#cart = cart;
    this.#hang = hang;
  }

  static async start(t: TestContext): Promise<TwoNodes> {
    const nodes = [await TestNode.start(t), await TestNode.start(t)] as const;
    const [edge, cart] = [new StagedPod(t, 'node-a'), new StagedPod(t, 'node-b')];
    const ends = [
      { netns: cart.netns, address: `${BACKEND_IP}/24` },
      { netns: edge.netns, address: `${GATEWAY_IP}/24` },
    ] as const;
    Netns.connect(...ends);
    const application = await nodes[1].start(cart, process.execPath, '-e', APPLICATION, BACKEND_IP);
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-across-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const api = await FakeApiServer.start({ bookmarkIntervalSeconds: 2 });
    t.after(() => api.stop());
    for (const object of objectsOf(edge, cart)) api.store.create(object);
    const hang = () => void application.stdin?.write('\n');
    const world = new TwoNodes({ api, nodes, directory, cart, hang });
    await world.#startNginx(edge, directory);
    return world;
  }

  /** The application accepts no connection any more. */
  async hang(): Promise<void> {
    this.#hang();
    const pid = this.#cart.cgroup.read('unified', 'cgroup.procs').trim();
    const isStopped = () => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    for (const endMs = Date.now() + LONGEST_STOP_MS; !isStopped(); await delay(20))
      if (Date.now() > endMs) throw new Error('the application does not stop');
  }

  async #startNginx(edge: StagedPod, directory: string): Promise<void> {
    mkdirSync(join(directory, 'tmp'));
    mkdirSync(join(this.root, `var/log/pods/shop_${POD}_${this.#cart.uid}/app`), { recursive: true });
    writeFileSync(this.config, configText(this));
    // A process that starts in the tick of the clock in which a file was written is not younger than it.
    await delay(60);
    const command = `exec nginx -p ${directory} -c ${this.config} -e ${this.errorLog}`;
    await this.nodes[0].start(edge, 'sh', '-c', `echo up; ${command}`);
  }
}

interface Parts {
  readonly api: FakeApiServer;
  readonly nodes: readonly [TestNode, TestNode];
  readonly directory: string;
  readonly cart: StagedPod;
  readonly hang: () => void;
}

/** A network namespace, and the cgroup of a container as kubelet and a container runtime name it. */
class StagedPod {
  readonly node: string;
  readonly uid = randomUUID();
  readonly cgroup: TestCgroup;
  readonly netns: Netns;

  constructor(t: TestContext, node: string) {
    this.node = node;
    const container = randomUUID().replaceAll('-', '').repeat(2);
    this.cgroup = new TestCgroup(t, `kubepods/burstable/pod${this.uid}/${container}`);
    this.netns = new Netns(t);
  }
}

function configText({ front, errorLog }: { readonly front: string; readonly errorLog: string }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path tmp/${name};`,
  );
  return `user root; daemon off; worker_processes 1; pid nginx.pid; error_log ${errorLog};
events { worker_connections 256; }
http {
  access_log off; ${temporary.join(' ')}
  proxy_next_upstream off; proxy_connect_timeout 2s; proxy_read_timeout 2s;
  upstream shop_cart_80 { server ${BACKEND_IP}:8080 max_fails=0; }
  server { listen unix:${front}; location / { proxy_pass http://shop_cart_80; } }
}
`;
}

function objectsOf(edge: StagedPod, cart: StagedPod) {
  const pods = [
    pod({ name: 'edge-0', namespace: 'gateways', nodeName: edge.node, podIP: GATEWAY_IP }),
    pod({ name: POD, namespace: 'shop', nodeName: cart.node, podIP: BACKEND_IP }),
  ];
  for (const [at, { uid }] of [edge, cart].entries()) pods[at].metadata.uid = uid;
  const targetRef = { kind: 'Pod', namespace: 'shop', name: POD, uid: cart.uid };
  const conditions = { ready: true, serving: true, terminating: false };
  const endpoints = [{ addresses: [BACKEND_IP], conditions, targetRef, nodeName: cart.node }];
  const slice = endpointSlice({ name: 'cart-a', namespace: 'shop', endpoints });
  return [service({ name: 'cart', namespace: 'shop' }), slice, ...pods];
}
