/**
 * Records the incident that `badgateway demo` replays: real nginx, real Envoy and the real kernel in a network namespace
 * of their own, while a shop's pods, each a network namespace, are replaced, overloaded and broken as SHOP_STORY says. Needs root.
 *
 *   node scripts/record-incident.ts [DIRECTORY]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Cleanup } from '../test/faults/cleanup.ts';
import { findEnvoy } from '../test/support/envoy-binary.ts';
import { startEnvoy } from '../test/support/envoy-rig.ts';
import { Frames } from './record-incident-frames.ts';
import { ERROR_LOG } from './record-incident-nginx.ts';
import { ADDRESSES, startDns, startPayments, startTraffic } from './record-incident-outside.ts';
import { NEXT_HOP } from './record-incident-pod.ts';
import { INVENTORY_IPS, Shop } from './record-incident-shop.ts';
import { SHOP_STORY } from './record-incident-story.ts';

const DURATION_MS = 72_000;
const ADMIN_PORT = 9901;
const EVERY_MS = 1000;
/** What `recording.json` says of itself. */
const NOTES = [
  'Recorded: the error log, the output of nginx -T, the answers of nginx (stub_status) and Envoy, and /proc of the node and of each pod.',
  'Written by hand (written.frames.br): EndpointSlices, Services and the names of pods. There was no Kubernetes: pods are network ' +
    'namespaces with processes in cgroups named as by kubelet, and scripts/record-incident-cluster.ts says what an API server would have said.',
];

/** Of its own: network, mounts, and processes, so that nothing outlives the recording. */
const NAMESPACES = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

if (process.env.IN_NAMESPACE === undefined) {
  const { status } = spawnSync('unshare', [...NAMESPACES, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, IN_NAMESPACE: '1' },
  });
  process.exit(status ?? 1);
}

function makeNetwork(): void {
  const commands = [
    'ip link set lo up',
    ...[...ADDRESSES, NEXT_HOP].map((address) => `ip address add ${address}/32 dev lo`),
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    // A pod network as Calico routes it: an address that no pod has is unreachable at once.
    'ip route add unreachable 10.2.0.0/16',
    // Connection tracking begins with the first rule that needs it.
    'iptables -A INPUT -m conntrack --ctstate INVALID -j ACCEPT',
  ];
  execFileSync('sh', ['-ec', commands.join('\n')]);
}

function versionOf(program: string, flag: string): string {
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  // The last one: a path may hold another number.
  return (stdout + stderr).match(/\d+\.\d+\.\d+/g)?.at(-1) ?? 'unknown';
}

async function record(cleanup: Cleanup): Promise<void> {
  const frames = new Frames();
  const shop = new Shop(cleanup, frames);
  const stages: { atMs: number; done: string }[] = [];
  console.log('starting the shop');
  makeNetwork();
  const dns = startDns();
  await startPayments();
  await shop.start();
  const envoy = await startEnvoy({
    listenPort: 8080,
    admin: { port: ADMIN_PORT },
    clusters: [{ name: 'inventory', hosts: INVENTORY_IPS.map((address) => ({ address, port: 8080 })) }],
    routes: [{ prefix: '/inventory', route: { cluster: 'inventory', timeout: '0.5s' } }],
  });
  cleanup.after(() => envoy.stop());

  const snapCluster = () => frames.written('endpoints.json', shop.cluster.text());
  const snap = () => {
    frames.snapKernel(shop.all());
    snapCluster();
  };
  snap();
  await frames.snapAnswers(ADMIN_PORT);
  frames.followLog(ERROR_LOG);
  frames.start();
  shop.cluster.listen(snapCluster);
  const timers = [setInterval(snap, EVERY_MS), setInterval(() => void frames.snapAnswers(ADMIN_PORT), EVERY_MS)];
  const stopTraffic = startTraffic();
  for (const [atMs, done, ...acts] of SHOP_STORY) {
    await delay(Math.max(0, atMs - frames.now));
    stages.push({ atMs: frames.now, done });
    console.log(`${String(frames.now).padStart(6)} ms  ${done}`);
    for (const act of acts) await act({ shop, dns });
  }
  await delay(DURATION_MS - frames.now);
  stopTraffic();
  timers.forEach(clearInterval);
  await delay(200);
  const programs = [
    `nginx ${versionOf('nginx', '-v')}`,
    `Envoy ${versionOf(findEnvoy() ?? 'envoy', '--version')}`,
    `Linux ${versionOf('uname', '-r')}`,
  ];
  const recordedAt = new Date().toISOString();
  const facts = { durationMs: DURATION_MS, recordedAt, programs, notes: NOTES, stages };
  frames.write(process.argv[2] ?? 'recordings/incident', facts);
}

const cleanup = new Cleanup();
try {
  await record(cleanup);
} finally {
  for (const problem of await cleanup.run()) console.error(problem);
}
process.exit(0);
