import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../kubernetes/objects.ts';
import { TestCgroup } from '../support/test-cgroup.ts';
import type { AppOptions, Deed } from './app.ts';
import type { Cleanup } from './cleanup.ts';
import { endOf, type Network } from './network.ts';

const APP = fileURLToPath(new URL('./app.ts', import.meta.url));
const HIERARCHIES = ['memory', 'cpu', 'unified'] as const;
const CONTAINER_ID_BYTES = 32;

export interface PodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly network: Network;
  readonly ip: string;
  readonly ipv6: string;
}

const newContainerId = () => randomBytes(CONTAINER_ID_BYTES).toString('hex');

/** A network namespace with processes in cgroups as kubelet and a container runtime name them. */
export class StagedPod {
  readonly spec: PodSpec;
  readonly uid = randomUUID();
  #containerId = newContainerId();
  readonly #cleanup: Cleanup;
  #cgroup: TestCgroup | undefined;
  #app: ChildProcess | undefined;

  constructor(cleanup: Cleanup, spec: PodSpec) {
    this.#cleanup = cleanup;
    this.spec = spec;
  }

  get ip(): string {
    return this.spec.ip;
  }

  get network(): Network {
    return this.spec.network;
  }

  get pid(): number {
    return this.#app?.pid ?? 0;
  }

  /** Of the application's container. */
  get containerId(): string {
    return this.#containerId;
  }

  get cgroup(): TestCgroup {
    this.#cgroup ??= this.#newCgroup(this.#containerId);
    return this.#cgroup;
  }

  /** What keeps a pod's network when its containers end. */
  startPause(): void {
    this.spawnIn(this.#newCgroup(newContainerId()), 'sleep', '600');
  }

  /** Runs a command in the container. */
  spawn(...command: readonly string[]): ChildProcess {
    return this.spawnIn(this.cgroup, ...command);
  }

  /** Starts the application and waits until it is ready. One that has ended is started in a container of its own, as a kubelet does it. */
  async start(options: Partial<AppOptions> = {}): Promise<void> {
    if (this.#hasEnded()) {
      this.#containerId = newContainerId();
      this.#cgroup = undefined;
    }
    const all: AppOptions = { host: this.ip, port: 8080, ...options };
    this.#app = this.spawn(process.execPath, APP, JSON.stringify(all));
    await this.#answer();
  }

  /** What it does with requests from now on. */
  async does(deed: Deed): Promise<void> {
    await this.#tell(`do ${deed}`);
  }

  /** At another port, too; from now on this is the one that is closed. */
  async listens(port: number): Promise<void> {
    await this.#tell(`listen ${port}`);
  }

  /** No new connections; those that are there go on. */
  async closeListener(): Promise<void> {
    await this.#tell('close');
  }

  /** It ends when it has answered all. */
  async endWell(): Promise<void> {
    this.#app!.stdin!.write('end\n');
    await this.ended();
  }

  signal(signal: NodeJS.Signals): void {
    this.#app?.kill(signal);
  }

  /** The application ends; the pod's network stays. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#app !== undefined) await endOf(this.#app, signal);
  }

  /** Until somebody has ended it. */
  async ended(): Promise<void> {
    if (this.#app !== undefined && !this.#hasEnded()) await once(this.#app, 'exit');
  }

  #hasEnded(): boolean {
    return this.#app !== undefined && (this.#app.exitCode !== null || this.#app.signalCode !== null);
  }

  endpoint(state: 'ready' | 'terminating' | 'unready' = 'ready', family: 'IPv4' | 'IPv6' = 'IPv4'): Endpoint {
    const { namespace, name } = this.spec;
    const conditions = {
      ready: { ready: true, serving: true, terminating: false },
      terminating: { ready: false, serving: false, terminating: true },
      unready: { ready: false, serving: false, terminating: false },
    }[state];
    const targetRef = { kind: 'Pod', namespace, name, uid: this.uid };
    return { addresses: [family === 'IPv6' ? this.spec.ipv6 : this.ip], conditions, targetRef, nodeName: 'node-a' };
  }

  spawnIn(cgroup: TestCgroup, ...command: readonly string[]): ChildProcess {
    const enter = HIERARCHIES.map((one) => `echo $$ > ${cgroup.file(one)}`).join('; ');
    return this.network.spawn('sh', '-c', `${enter}; exec "$@"`, 'sh', ...command);
  }

  #newCgroup(container: string): TestCgroup {
    return new TestCgroup(this.#cleanup.context, `kubepods/burstable/pod${this.uid}/${container}`);
  }

  async #tell(line: string): Promise<void> {
    this.#app!.stdin!.write(`${line}\n`);
    await this.#answer();
  }

  async #answer(): Promise<void> {
    const app = this.#app!;
    const ended = new AbortController();
    const onExit = () => ended.abort(new Error(`the application of ${this.spec.name} ended with ${app.exitCode}`));
    app.once('exit', onExit);
    await once(app.stdout!, 'data', { signal: ended.signal });
    app.off('exit', onExit);
  }
}

/** A process outside of all pods, killed with the fault. */
export function spawnOutside(cleanup: Cleanup, command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  cleanup.after(() => endOf(child, 'SIGKILL'));
  return child;
}
