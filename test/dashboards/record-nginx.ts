import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from '../faults/scene.ts';
import { type Asking, ask } from '../faults/traffic.ts';
import { autoscaler, cpu, warningEvent } from '../kubernetes/context-objects.ts';
import type { Pod } from '../kubernetes/objects.ts';
import { createAuthority } from '../support/certs.ts';
import type { Recorded, Say } from './record-envoy.ts';

const FORMAT =
  '$remote_addr [$time_iso8601] "$request_method $uri" $status $request_length $bytes_sent $request_time $upstream_addr $upstream_status $upstream_connect_time $upstream_response_time';
const SECONDS = 1000;
/** Answers an upgrade, and ends the connection a second later, or much later. */
const WEBSOCKETS = `require('http').createServer((q, s) => s.end('ok')).on('upgrade', (q, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n');
  setTimeout(() => socket.end(), q.url === '/chat/long' ? 60000 : 1000); socket.on('error', () => {}); }).listen(8080, process.argv[1], () => console.log('listens'));
  require('net').createServer().listen(9000, '127.0.0.1')`;

function worldOf(servers: readonly string[], chat: string) {
  return {
    http: `log_format full '${FORMAT}'; access_log $DIR/full.log full;
      upstream shop_cart_80 { ${servers.map((ip) => `server ${ip}:8080 max_fails=0;`).join(' ')} }
      upstream shop_chat_80 { server ${chat}:8080 max_fails=0; keepalive 2; }`,
    main: 'worker_rlimit_nofile 2048;',
    server: `location / { proxy_pass http://shop_cart_80; proxy_connect_timeout 1s; proxy_read_timeout 1s;
        proxy_next_upstream error timeout; proxy_next_upstream_tries 2; }
      location /chat { proxy_pass http://shop_chat_80; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
      location /kept { proxy_pass http://shop_chat_80; proxy_http_version 1.1; proxy_set_header Connection ""; }
      location = /status { access_log off; stub_status; }`,
  };
}

/** A gateway with nginx: a rollout, an address that stays, a queue that overflows, a kill, reloads, a crash, an autoscaler. */
export const stageNginx: Recorded = (scene) => {
  let world: Awaited<ReturnType<typeof begin>>;
  return {
    async begin() {
      world = await begin(scene);
    },
    async goOn(say) {
      const stop = new AbortController();
      const traffic = keepAsking(scene, stop.signal);
      await tell(scene, world, say);
      stop.abort();
      await traffic;
    },
  };
};

async function begin(scene: Scene) {
  const [first, second, third] = [
    await scene.pod('cart-1', { backlog: 4 }),
    await scene.pod('cart-2'),
    await scene.pod('cart-3'),
  ];
  // Went from the cluster before badgateway came: when it left, nobody knows.
  const before = await scene.pod('cart-0');
  const chat = await scene.pod('chat-1', { runs: false });
  const server = chat.spawn(process.execPath, '-e', WEBSOCKETS, chat.ip);
  await new Promise((resolve) => server.stdout!.once('data', resolve));
  const attacker = await scene.pod('other', { runs: false });
  first.cgroup.limitMemory(200 * 2 ** 20);
  first.cgroup.limitCpu(0.5);
  scene.gateway.cgroup.limitMemory(300 * 2 ** 20);
  scene.gateway.cgroup.limitCpu(1);
  scene.service('cart', [first.endpoint(), second.endpoint()]);
  scene.service('chat', [chat.endpoint()]);
  const hpa = autoscaler({ name: 'cart', replicas: 2, max: 4 });
  hpa.spec.metrics = [cpu('target', 50)];
  hpa.status.currentMetrics = [cpu('current', 40)];
  scene.api.store.create(hpa);
  scene.gateway.network.run('iptables -A INPUT -m conntrack --ctstate INVALID -j ACCEPT');
  await scene.nginx.start(worldOf([first.ip, second.ip, before.ip], chat.ip));
  const { certificate } = createAuthority(scene.nginx.directory, 'own');
  const often = { interval: '2s' };
  const kubeconfig = join(scene.nginx.directory, 'kubeconfig');
  writeFileSync(kubeconfig, scene.api.kubeconfig());
  const logs = join(scene.nginx.directory, 'pods');
  const log = join(logs, `shop_cart-1_${first.uid}`, 'app', '0.log');
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, '');
  await scene.watch({
    collectors: {
      nginx_access_log: {
        files: [{ path: join(scene.nginx.directory, 'full.log'), gateway: 'edge', format: 'full' }],
        formats: { full: FORMAT },
      },
      nginx_status: { ...often, targets: [{ url: `unix:${scene.nginx.front}:/status`, gateway: 'edge' }] },
      nginx_workers: often,
      cgroups: often,
      listeners: often,
      netstat: often,
      upstream_sockets: often,
      audit: { ...often, files: [{ path: scene.nginx.config, gateway: 'edge' }] },
      expiry: { ...often, certificates: [certificate] },
      kubernetes: {
        kubeconfig,
        node_name: 'node-a',
        autoscalers: true,
        events: true,
      },
      backend_log: { ...often, enabled: true, directory: logs },
    },
  });
  return { first, second, third, chat, attacker, hpa, log };
}

async function keepAsking({ front }: Scene, signal: AbortSignal): Promise<void> {
  const asked: Promise<unknown>[] = [];
  const every = (ms: number, asking: Asking) =>
    void (async () => {
      while (!signal.aborted) {
        asked.push(ask(front, asking));
        await delay(ms, null, { signal }).catch(() => {});
      }
    })();
  every(250, { count: 4, together: 2 });
  every(500, { count: 1, path: '/kept' });
  const chats = setInterval(() => openChat(front, '/chat'), 2000);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  clearInterval(chats);
  await Promise.all(asked);
}

/** Workers have to be younger than what they run. */
async function reload({ nginx }: Scene, world: ReturnType<typeof worldOf>): Promise<void> {
  nginx.write(world);
  await delay(200);
  process.kill(nginx.pid, 'SIGHUP');
}

const terminated = (reason: string, exitCode: number) => (draft: Pod) => {
  setReady(draft, 'False', 0);
  const state = { terminated: { reason, exitCode, finishedAt: new Date().toISOString() } };
  Object.assign(draft.status.containerStatuses![0], { state, lastState: state });
};

function setReady(draft: Pod, status: 'True' | 'False', restartCount: number): void {
  Object.assign(draft.status, { conditions: [{ type: 'Ready', status }] });
  const running = status === 'True' ? { state: { running: { startedAt: new Date().toISOString() } } } : {};
  Object.assign(draft.status.containerStatuses![0], { ready: status === 'True', restartCount, ...running });
}

/** A WebSocket, until the other side ends it. */
function openChat(front: string, path: string): Socket {
  const upgrade = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const socket = connect(front, () => socket.write(upgrade)).on('error', () => {});
  return socket.resume();
}

async function tell(scene: Scene, world: Awaited<ReturnType<typeof begin>>, say: Say): Promise<void> {
  const { first, second, third, chat, attacker, hpa, log } = world;
  await delay(8 * SECONDS);
  say('the API server ends the watches, as it does every few minutes');
  scene.api.watches.cut('end');
  await delay(2 * SECONDS);
  say('the load is above the target, and the autoscaler brings cart-3');
  scene.api.store.update(hpa, ({ status }) => Object.assign(status, { currentMetrics: [cpu('current', 90)] }));
  await delay(2 * SECONDS);
  scene.api.store.update(hpa, ({ status }) => Object.assign(status, { desiredReplicas: 3 }));
  await delay(2 * SECONDS);
  scene.endpoints('cart', [first.endpoint(), second.endpoint(), third.endpoint()]);
  await delay(1 * SECONDS);
  say('a rollout: cart-2 ends and nginx hears of it six seconds later');
  scene.endpoints('cart', [first.endpoint(), third.endpoint(), second.endpoint('terminating')]);
  scene.changePod(second, (draft) => Object.assign(draft.metadata, { deletionTimestamp: new Date().toISOString() }));
  await delay(1 * SECONDS);
  await second.end();
  scene.changePod(second, terminated('Completed', 0));
  await delay(5 * SECONDS);
  await reload(scene, worldOf([first.ip, second.ip, third.ip], chat.ip));
  await delay(2 * SECONDS);
  scene.endpoints('cart', [first.endpoint(), third.endpoint()]);
  scene.deletePod(second);
  await delay(2 * SECONDS);
  const held = openChat(scene.front, '/chat/long');
  await delay(500);
  await reload(scene, worldOf([first.ip, third.ip], chat.ip));
  await delay(3 * SECONDS);
  say('cart-3 is gone and stays in the configuration');
  scene.endpoints('cart', [first.endpoint()]);
  await third.end();
  scene.deletePod(third);
  await delay(10 * SECONDS);
  say('the accept queue of cart-1 overflows');
  first.signal('SIGSTOP');
  attacker.network.spawn(
    process.execPath,
    '-e',
    `for (let i = 0; i < 12; i++) require('net').connect(8080, '${first.ip}').on('error', () => {}); setTimeout(() => {}, 6000)`,
  );
  await delay(7 * SECONDS);
  first.signal('SIGCONT');
  await delay(3 * SECONDS);
  say('cart-1 is killed for memory, and started again');
  scene.api.store.create(
    warningEvent({ name: 'cart-1', namespace: 'shop', count: 3, message: 'Readiness probe failed: EOF' }),
  );
  await first.does('hog');
  await ask(scene.front, { count: 2, together: 2 });
  await first.ended();
  appendFileSync(log, `${new Date().toISOString()} stderr F panic: runtime error: out of everything\n`);
  scene.changePod(first, terminated('OOMKilled', 137));
  scene.changePod(scene.gateway, terminated('Error', 1));
  await delay(4 * SECONDS);
  await first.start();
  for (const pod of [first, scene.gateway]) scene.changePod(pod, (draft) => setReady(draft, 'True', 1));
  say('a worker crashes, a configuration is not loaded');
  const [worker] = readFileSync(`/proc/${scene.nginx.pid}/task/${scene.nginx.pid}/children`, 'utf8').trim().split(' ');
  process.kill(Number(worker), 'SIGSEGV');
  await delay(6 * SECONDS);
  held.destroy();
}
