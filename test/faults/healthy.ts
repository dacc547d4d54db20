/**
 * `node test/faults/healthy.ts [--seconds 120] [--main FILE]`: traffic, rollouts with preStop, reloads, clients that leave and application
 * 404s through a real nginx and a real Envoy. badgateway must have nothing to say: no failure, no condition, no incident.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { labelOf, type Samples, sum } from '../support/badgateway.ts';
import { ENVOY_UPSTREAM } from './fault.ts';
import { nginxWorld } from './nginx-world.ts';
import type { StagedPod } from './pod.ts';
import { Scene } from './scene.ts';
import { ask, failedOf } from './traffic.ts';

/** What a rollout of all pods takes, and the time between two. */
const [ROLLOUT_MS, BETWEEN_MS] = [12_000, 25_000];
/** What preStop sleeps; the gateway has dropped the pod long before. */
const PRE_STOP_MS = 4000;
const PODS = 2;
const PAUSE_MS = 20;
const GATEWAY = 'edge';
const NAMESPACES = ['shop', 'gateway-system'];

export interface Health {
  readonly requests: number;
  /** By the load generator: they must be none, or the run proves nothing. */
  readonly failed: number;
  readonly aborts: number;
  readonly rollouts: number;
  /** What badgateway said though nothing was wrong. */
  readonly alarms: readonly string[];
}

/** How a gateway learns its upstream's addresses. */
interface Gateway {
  start(ips: readonly string[]): Promise<void>;
  use(ips: readonly string[]): void;
}

const nginxOf = (scene: Scene): Gateway => {
  const world = (ips: readonly string[]) => nginxWorld(ips.map((ip) => `${ip}:8080`));
  return {
    start: (ips) => scene.nginx.start(world(ips)),
    use: (ips) => scene.nginx.reload(world(ips)),
  };
};

/** Hosts come from a file, as from a control plane. */
const envoyOf = (scene: Scene): Gateway => {
  let version = 0;
  const path = join(scene.envoy.directory, 'eds.json');
  const use = (ips: readonly string[]) => {
    const lb_endpoints = ips.map((address) => ({
      endpoint: { address: { socket_address: { address, port_value: 8080 } } },
    }));
    const type = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';
    const resources = [{ '@type': type, cluster_name: ENVOY_UPSTREAM, endpoints: [{ lb_endpoints }] }];
    writeFileSync(`${path}.fresh`, JSON.stringify({ version_info: String(++version), resources }));
    renameSync(`${path}.fresh`, path);
  };
  return {
    use,
    async start(ips) {
      use(ips);
      const eds_config = { resource_api_version: 'V3', path_config_source: { path } };
      const extra = { type: 'EDS', load_assignment: undefined, eds_cluster_config: { eds_config } };
      await scene.envoyTo({
        clusters: [{ name: ENVOY_UPSTREAM, hosts: [], extra }],
        routes: [{ prefix: '/', route: { cluster: ENVOY_UPSTREAM } }],
      });
    },
  };
};

/** Healthy traffic through one gateway for so long. */
export async function runHealthy(proxy: 'nginx' | 'envoy', ms: number, main?: string): Promise<Health> {
  const scene = await Scene.create({ main });
  try {
    return await stayHealthy(scene, proxy === 'nginx' ? nginxOf(scene) : envoyOf(scene), ms);
  } finally {
    await scene.cleanup.run();
  }
}

async function stayHealthy(scene: Scene, gateway: Gateway, ms: number): Promise<Health> {
  let pods = await freshPods(scene, 0);
  scene.service(
    'cart',
    pods.map((pod) => pod.endpoint()),
  );
  await gateway.start(pods.map(({ ip }) => ip));
  await scene.watch();
  const endMs = Date.now() + ms;
  const stopped = new AbortController();
  const tallies = { requests: 0, failed: 0, aborts: 0 };
  const clients = [
    load(scene.front, tallies, stopped.signal),
    load(scene.front, tallies, stopped.signal),
    leave(scene.front, tallies, stopped.signal),
  ];
  let rollouts = 0;
  while (Date.now() + ROLLOUT_MS < endMs) {
    pods = await rollOut(scene, gateway, pods, ++rollouts);
    await delay(Math.min(BETWEEN_MS, Math.max(0, endMs - Date.now())));
  }
  await delay(Math.max(0, endMs - Date.now()));
  stopped.abort();
  await Promise.all(clients);
  // The longest that a verdict may wait, and a poll.
  await delay(8000);
  return { ...tallies, rollouts, alarms: await alarmsOf(scene) };
}

/** As a Deployment with preStop does it: one pod more, then one less. */
async function rollOut(
  scene: Scene,
  gateway: Gateway,
  before: readonly StagedPod[],
  generation: number,
): Promise<StagedPod[]> {
  const fresh = await freshPods(scene, generation);
  let now = [...before];
  for (const [at, old] of before.entries()) {
    now.push(fresh[at]);
    scene.endpoints(
      'cart',
      now.map((pod) => pod.endpoint()),
    );
    gateway.use(now.map(({ ip }) => ip));
    await delay(1000);
    now = now.filter((pod) => pod !== old);
    scene.endpoints('cart', [...now.map((pod) => pod.endpoint()), old.endpoint('terminating')]);
    gateway.use(now.map(({ ip }) => ip));
    await delay(PRE_STOP_MS);
    await old.endWell();
    scene.endpoints(
      'cart',
      now.map((pod) => pod.endpoint()),
    );
    scene.deletePod(old);
  }
  return now;
}

async function freshPods(scene: Scene, generation: number): Promise<StagedPod[]> {
  const names = Array.from({ length: PODS }, (_, at) => `cart-${generation}-${at}`);
  return await Promise.all(names.map((name) => scene.pod(name)));
}

async function load(front: string, tallies: { requests: number; failed: number }, signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const { statuses } = await ask(front, { count: 1, path: turn % 5 === 0 ? '/missing' : '/well' });
    tallies.requests++;
    tallies.failed += failedOf(statuses);
    await delay(PAUSE_MS);
  }
}

/** A client that does not wait for the answer. */
async function leave(front: string, tallies: { aborts: number }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outgoing = request({ socketPath: front, path: '/late', agent: false, headers: { host: 'shop.example' } });
    outgoing.on('error', () => {}).end();
    await delay(200);
    outgoing.destroy();
    tallies.aborts++;
    await delay(300);
  }
}

async function alarmsOf(scene: Scene): Promise<string[]> {
  const samples = await scene.program.scrape();
  const failures = positive(samples, 'badgateway_failures_total');
  const conditions = positive(samples, 'badgateway_condition_active');
  const symptoms = positive(samples, 'badgateway_symptoms_total').filter(
    (one) => labelOf(one, 'symptom') !== 'client_abort',
  );
  const states = ['stale', 'foreign', 'port_drift'].filter(
    (state) => sum(samples, 'badgateway_upstream_endpoints', `state="${state}"`) > 0,
  );
  return [
    ...failures,
    ...conditions,
    ...symptoms,
    ...states.map((state) => `an endpoint is ${state}`),
    ...(await incidentsOf(scene)),
  ];
}

/** Of our gateway and our pods: others may be at work on this machine. */
const positive = (samples: Samples, family: string) =>
  [...samples]
    .filter(([name, value]) => name.startsWith(`${family}{`) && value > 0)
    .filter(([name]) => labelOf(name, 'gateway') === GATEWAY || NAMESPACES.includes(labelOf(name, 'namespace')))
    .map(([name, value]) => `${name} ${value}`);

async function incidentsOf(scene: Scene): Promise<string[]> {
  const { status, body } = await scene.program.get('/api/v1/incidents', { page: true, accept: 'application/json' });
  if (status !== 200) return [];
  const { incidents } = JSON.parse(body) as { incidents: { gateway: string; namespace: string; title: string }[] };
  const ours = incidents.filter(({ gateway, namespace }) => gateway === GATEWAY || NAMESPACES.includes(namespace));
  return ours.map((incident) => `incident ${JSON.stringify(incident).slice(0, 1200)}`);
}

async function main(): Promise<void> {
  const options = { seconds: { type: 'string', default: '120' }, main: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  const ms = Number(values.seconds) * 1000;
  const proxies = ['nginx', 'envoy'] as const;
  const runs = proxies.map(async (proxy) => {
    const { requests, failed, aborts, rollouts, alarms } = await runHealthy(proxy, ms, values.main);
    const words = `${requests} requests, ${failed} failed, ${aborts} aborted by clients, ${rollouts} rollouts`;
    console.log(`${proxy}: ${words}, ${alarms.length} alarms`);
    for (const alarm of alarms) console.log(`      ${alarm}`);
    if (failed > 0 || alarms.length > 0) process.exitCode = 1;
  });
  // Each cleans up before the program ends.
  for (const run of await Promise.allSettled(runs)) if (run.status === 'rejected') throw run.reason;
}

if (import.meta.main) await main();
