import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeApiServer } from '../kubernetes/api-server.ts';
import type { Endpoint, EndpointPort, EndpointSlice, Pod } from '../kubernetes/objects.ts';
import { endpointSlice, pod as podObject, service as serviceObject } from '../kubernetes/objects.ts';
import { Badgateway, type Samples, sum } from '../support/badgateway.ts';
import { claimBlock } from './address-block.ts';
import { Cleanup } from './cleanup.ts';
import { ENVOY_UPSTREAM, NGINX_UPSTREAM, type Provoked } from './fault.ts';
import { EnvoyGateway, type EnvoyWorld } from './gateway-envoy.ts';
import { NginxGateway } from './gateway-nginx.ts';
import { Switch } from './network.ts';
import { nginxWorld, type ToServers } from './nginx-world.ts';
import { StagedPod } from './pod.ts';
import { missingOf, unlistedOf, unreadOf, untilWithin } from './readiness.ts';
import type { EnvoyLog, PodOptions, SceneOptions, Sight, WatchOptions } from './scene-options.ts';
import { type Asking, ask, failedOf, tally } from './traffic.ts';
import { type Sidecar, watchedProxies } from './watched-proxies.ts';

const NODE = 'node-a';
const GATEWAY_BYTE = 2;
const FIRST_POD_BYTE = 10;
/** All collectors that look at the node have looked at the backends by then, or will when they are hurried. */
const SETTLED_MS = 20_000;

/** What a scene stands on. */
interface Ground {
  readonly api: FakeApiServer;
  readonly cleanup: Cleanup;
  /** Of its network. */
  readonly prefix: string;
}

/** The world of one fault: a switch, pods, an API server that knows them, a gateway, and the real program that watches. */
export class Scene {
  readonly cleanup: Cleanup;
  readonly api: FakeApiServer;
  readonly gateway: StagedPod;
  /** What /metrics said while all was well. */
  baseline: Samples = new Map();
  #program: Badgateway | undefined;
  #nginx: NginxGateway | undefined;
  #envoy: EnvoyGateway | undefined;
  readonly #switch: Switch;
  readonly #main: string | undefined;
  readonly #envoyLog: EnvoyLog | undefined;
  readonly without: readonly Sight[];
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #objects = new Map<StagedPod, Pod>();
  /** Pods behind Services when the program starts. */
  readonly #backends = new Set<string>();
  readonly #sidecars: Sidecar[] = [];
  #nextByte = FIRST_POD_BYTE;

  private constructor({ main, envoyLog, without = [] }: SceneOptions, { api, cleanup, prefix }: Ground) {
    this.api = api;
    this.cleanup = cleanup;
    this.#main = main;
    this.#envoyLog = envoyLog;
    this.without = without;
    this.cleanup.after(() => api.stop());
    this.#switch = new Switch(this.cleanup, prefix);
    this.gateway = this.#plug('edge', 'gateway-system', GATEWAY_BYTE);
  }

  static async create(options: SceneOptions = {}): Promise<Scene> {
    const cleanup = new Cleanup();
    const prefix = await claimBlock(cleanup);
    return new Scene(options, { cleanup, prefix, api: await FakeApiServer.start({ bookmarkIntervalSeconds: 2 }) });
  }

  get program(): Badgateway {
    if (this.#program === undefined) throw new Error('the program is not started');
    return this.#program;
  }

  get nginx(): NginxGateway {
    this.#nginx ??= new NginxGateway(this.cleanup, this.gateway);
    return this.#nginx;
  }

  get envoy(): EnvoyGateway {
    this.#envoy ??= new EnvoyGateway(this.cleanup, this.gateway, this.#envoyLog);
    return this.#envoy;
  }

  get isEnvoyLogged(): boolean {
    return this.#envoy?.log !== undefined;
  }

  get front(): string {
    return (this.#envoy ?? this.nginx).front;
  }

  /** A pod on this node, and what the API says of it. */
  async pod(name: string, { namespace = 'shop', lastByte, runs = true, ...app }: PodOptions = {}): Promise<StagedPod> {
    const pod = this.#plug(name, namespace, lastByte ?? this.#nextByte++);
    pod.startPause();
    if (runs) await pod.start(app);
    return pod;
  }

  service(name: string, endpoints: readonly Endpoint[], targetPort = 8080, namespace = 'shop'): void {
    const ports = [{ name: 'http', port: 80, targetPort, protocol: 'TCP' }];
    this.api.store.create(serviceObject({ name, namespace, spec: { ports } }));
    const slice = endpointSlice({
      ...{ name: `${name}-a`, namespace, endpoints, ports: portsOf(targetPort) },
      addressType: endpoints[0]?.addresses[0].includes(':') ? 'IPv6' : 'IPv4',
    });
    this.api.store.create(slice);
    this.#slices.set(name, slice);
    for (const { targetRef } of endpoints) if (targetRef) this.#backends.add(targetRef.name);
  }

  /** What the endpoint slice controller does when pods change. */
  endpoints(service: string, endpoints: readonly Endpoint[], targetPort = 8080): void {
    this.api.store.update(this.#slices.get(service)!, (draft) =>
      Object.assign(draft, { endpoints: [...endpoints], ports: portsOf(targetPort) }),
    );
  }

  changePod(pod: StagedPod, change: (draft: Pod) => void): void {
    this.api.store.update(this.#objects.get(pod)!, change);
  }

  deletePod(pod: StagedPod): void {
    this.api.store.delete(this.#objects.get(pod)!);
  }

  /** Service shop/cart on these pods, and nginx in front of it. */
  async nginxTo(servers: readonly string[], { location = '', upstream = NGINX_UPSTREAM, ...more }: ToServers = {}) {
    await this.nginx.start(nginxWorld(servers, { location, upstream, ...more }));
  }

  async envoyTo(world: EnvoyWorld): Promise<void> {
    await this.envoy.start(world);
  }

  /** An Envoy in a pod beside the application; the program watches it, too. */
  async sidecar(pod: StagedPod, world: EnvoyWorld): Promise<EnvoyGateway> {
    const envoy = new EnvoyGateway(this.cleanup, pod);
    await envoy.start(world);
    this.#sidecars.push({ envoy, name: pod.spec.name, namespace: pod.spec.namespace });
    return envoy;
  }

  /** Starts the program and waits until it knows the world; then all is asked once, and well. */
  async watch({
    kubernetes: isWanted = true,
    healthy = true,
    mapped = true,
    listed = true,
    collectors = {},
    counters = false,
  }: WatchOptions = {}): Promise<void> {
    const kubernetes = isWanted && !this.without.includes('kubernetes');
    const program = await Badgateway.create(this.#main);
    this.#program = program;
    this.cleanup.after(() => program.dispose());
    const api = join(program.directory, 'kubeconfig');
    writeFileSync(api, this.api.kubeconfig());
    await program.serve({
      collectors: {
        ...watchedProxies({ nginx: this.#nginx, envoy: this.#envoy, sidecars: this.#sidecars, without: this.without }),
        ...(kubernetes ? { kubernetes: { kubeconfig: api, node_name: NODE } } : {}),
        ...collectors,
      },
    });
    let missing = 'an answer';
    const isKnown = async () => {
      const samples = await program.scrape();
      const backends = counters ? this.#backends : new Set<string>();
      if (!kubernetes || !listed) missing = unreadOf(samples);
      else missing = mapped ? missingOf(samples, this.#upstream(), backends) : unlistedOf(samples);
      return missing === '';
    };
    await untilWithin(SETTLED_MS, isKnown, () => `the program knows ${missing}; ${program.output.slice(-2000)}`);
    if (healthy) {
      const { statuses } = await ask(this.front, { count: 5, path: '/well' });
      if (failedOf(statuses) > 0) throw new Error(`not well before the fault: ${JSON.stringify(tally(statuses))}`);
    }
    this.baseline = await program.scrape();
    const failures = sum(this.baseline, 'badgateway_failures_total');
    if (failures > 0) throw new Error(`${failures} failures before the fault`);
  }

  /** Asks; all that failed is what was provoked. */
  async provoke(asking: Asking): Promise<Provoked> {
    const skip = this.#nginx?.accessLines().length ?? 0;
    const { statuses, lastMs } = await ask(this.front, asking);
    const failures = failedOf(statuses);
    if (failures === 0) throw new Error(`nothing failed: ${JSON.stringify(tally(statuses))}`);
    return { failures, lastMs, byProxy: this.#nginx ? await this.#nginxFailures(skip, asking.count) : null };
  }

  /** The same where the gateway tries again, so that clients do not hear of every failed attempt. */
  async provokeAttempts(asking: Asking): Promise<Provoked> {
    const skip = this.nginx.accessLines().length;
    const { lastMs } = await ask(this.front, asking);
    const failures = await this.#nginxFailures(skip, asking.count);
    if (failures === 0) throw new Error('no attempt failed');
    return { failures, lastMs, byProxy: failures };
  }

  async #nginxFailures(skip: number, count: number): Promise<number> {
    // It writes the line when the client has the answer already.
    const isWritten = async () => this.nginx.accessLines().length - skip >= count;
    await untilWithin(2000, isWritten, () => 'nginx has written its access log').catch(() => {});
    return this.nginx.failures(skip);
  }

  #upstream(): string {
    return this.#envoy === undefined ? NGINX_UPSTREAM : ENVOY_UPSTREAM;
  }

  #plug(name: string, namespace: string, lastByte: number): StagedPod {
    const { network, ip, ipv6 } = this.#switch.plug(lastByte);
    const pod = new StagedPod(this.cleanup, { name, namespace, network, ip, ipv6 });
    const status = {
      ...{ phase: 'Running', podIP: ip, podIPs: [{ ip }, { ip: ipv6 }] },
      containerStatuses: [
        {
          name: 'app',
          restartCount: 0,
          ready: true,
          containerID: `containerd://${pod.containerId}`,
          state: { running: {} },
        },
      ],
    };
    const object = podObject({ name, namespace, nodeName: NODE, podIP: ip, status });
    object.metadata.uid = pod.uid;
    this.api.store.create(object);
    this.#objects.set(pod, object);
    return pod;
  }
}

const portsOf = (targetPort: number): EndpointPort[] => [{ name: 'http', port: targetPort, protocol: 'TCP' }];
