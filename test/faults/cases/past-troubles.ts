import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fillConntrack } from '../conntrack-table.ts';
import type { Fault, Provoked } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { holdOpen, TRACKS } from './kernel.ts';
import { onePod } from './sockets.ts';
import { SHORT } from './two-pods.ts';

const MEBIBYTE = 1024 ** 2;
/** Node itself takes up to 60 MiB. */
const LIMIT_BYTES = 160 * MEBIBYTE;
/** Takes memory until it is killed. */
const HOG =
  'const taken = []; (function take() { taken.push(Buffer.alloc(8 * 1024 ** 2, 1)); setImmediate(take); })();';
/** Backends are looked at so soon after they are known. */
const SEEN_MS = 3_000;
/** So long all is well again. */
const WELL_MS = 5_000;

/** The application pauses while others come, and its queue overflows; then it takes them all. */
async function burst(scene: Scene, pod: StagedPod): Promise<void> {
  const other = await scene.pod('other', { runs: false });
  await scene.watch({ counters: true });
  pod.signal('SIGSTOP');
  await holdOpen(other.network, pod.ip, 60);
  pod.signal('SIGCONT');
  const dropped = pod.network.count('TcpExt.ListenOverflows');
  if (dropped < 20) throw new Error(`the queue overflowed ${dropped} times`);
  await delay(2_000);
}

const idOf = ({ containerId }: StagedPod) => `containerd://${containerId}`;

/** The kernel kills the container for want of memory while nobody waits for it, and it is started again. */
async function restartByKill(scene: Scene, pod: StagedPod): Promise<void> {
  const [, signal] = await once(pod.spawn(process.execPath, '-e', HOG), 'exit');
  if (signal !== 'SIGKILL') throw new Error(`the hog ended with ${signal}`);
  await pod.end('SIGKILL');
  const terminated = {
    reason: 'OOMKilled',
    exitCode: 137,
    finishedAt: new Date().toISOString(),
    containerID: idOf(pod),
  };
  await pod.start();
  scene.changePod(pod, ({ status }) => {
    Object.assign(status.containerStatuses![0], {
      ...{ restartCount: 1, containerID: idOf(pod), lastState: { terminated } },
    });
  });
}

async function closeOneOfTwoPorts(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1', { port: 8081 });
  await pod.listens(8080);
  scene.service('cart', [pod.endpoint()]);
  scene.service('admin', [pod.endpoint()], 8081);
  await scene.nginx.start({
    http: `upstream shop_cart_80 { server ${pod.ip}:8080 max_fails=0; } upstream shop_admin_80 { server ${pod.ip}:8081; }`,
    server: 'location / { proxy_pass http://shop_cart_80; } location /admin { proxy_pass http://shop_admin_80; }',
  });
  await scene.watch();
  await delay(SEEN_MS);
  await pod.closeListener();
  await delay(500);
  const { statuses } = await ask(scene.front, { count: 5, path: '/admin' });
  if (failedOf(statuses) > 0) throw new Error('the other port answers no more');
  return await scene.provoke({ count: 20 });
}

/** Something went wrong a moment ago, or beside it, and is not why requests fail. */
export const PAST_TROUBLE_FAULTS: readonly Fault[] = [
  {
    name: 'slow-after-a-burst',
    proxy: 'nginx',
    what: 'the application answers too late; its queue overflowed in a pause 2 s before, and is empty',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, { backlog: 4 }, 'proxy_read_timeout 1s;');
      await burst(scene, pod);
      await pod.does('silent');
      return await scene.provoke({ count: 20, together: 4 });
    },
  },
  {
    name: 'queue-was-full',
    proxy: 'nginx',
    what: 'the application hangs as long as connections are waited for (10 s), and takes all before anybody looks',
    expected: { listen_queue_overflow: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, { backlog: 4 }, 'proxy_connect_timeout 10s;');
      const other = await scene.pod('other', { runs: false });
      await scene.watch({ counters: true });
      await delay(WELL_MS);
      pod.signal('SIGSTOP');
      await holdOpen(other.network, pod.ip, 6);
      const provoked = await scene.provoke({ count: 20, together: 20 });
      pod.signal('SIGCONT');
      return provoked;
    },
  },
  {
    name: 'black-hole-after-a-burst',
    proxy: 'nginx',
    what: 'a rule drops all that comes to a live pod; its queue overflowed in a pause 2 s before, and is empty',
    expected: { connect_timeout: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, { backlog: 4 }, SHORT);
      await burst(scene, pod);
      pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP');
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'black-hole-after-a-full-table',
    proxy: 'nginx',
    what: 'a rule drops all that comes to a live pod (waited for 10 s); its connection tracking table was full 5 s before',
    expected: { connect_timeout: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const { network, ip } = await onePod(scene, {}, 'proxy_connect_timeout 10s;');
      network.run(TRACKS);
      const other = await scene.pod('other', { runs: false });
      await scene.watch({ counters: true });
      await fillConntrack(scene.cleanup, network);
      await holdOpen(other.network, ip, 120);
      network.run('conntrack -F');
      const dropped = network.count('conntrack.drop');
      if (dropped < 120) throw new Error(`the full table dropped ${dropped}`);
      await delay(WELL_MS);
      network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP');
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'premature-close-after-an-oom-kill',
    proxy: 'nginx',
    what: 'the application closes before a header; it was killed for want of memory, and is well again since 5 s',
    expected: { premature_close: 1 },
    symptoms: ['premature_close'],
    async stage(scene) {
      const pod = await onePod(scene);
      pod.cgroup.limitMemory(LIMIT_BYTES);
      await scene.watch();
      await restartByKill(scene, pod);
      await delay(WELL_MS);
      await pod.does('close');
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'two-services-one-port-closed',
    proxy: 'nginx',
    what: 'a pod of two Services listens no more at the port of the one; the other one is well',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    stage: closeOneOfTwoPorts,
  },
];
