import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../test/faults/cleanup.ts';
import { TestCgroup } from '../test/support/test-cgroup.ts';
import type { Deed } from './record-incident-app.ts';

const APP = fileURLToPath(new URL('./record-incident-app.ts', import.meta.url));
/** The next hop that Calico gives to every pod; here the node has it. */
export const NEXT_HOP = '169.254.1.1';
const HEXADECIMAL_DIGITS = 64;
let made = 0;

/** One network interface of the node is one pod. */
const interfaceOf = (ip: string) => `cali${ip.split('.').slice(1).join('x')}`;

export interface PodSpec {
  readonly service: string;
  readonly name: string;
  readonly ip: string;
  readonly backlog?: number;
}

/** A network namespace with an address of its own, routed as Calico does, and processes in cgroups as kubelet names them. */
export class ShopPod {
  readonly spec: PodSpec;
  readonly uid = randomUUID();
  readonly #cgroup: TestCgroup;
  #pause: ChildProcess | undefined;
  #app: ChildProcess | undefined;

  constructor(spec: PodSpec, cleanup: Cleanup) {
    this.spec = spec;
    const container = (++made).toString(16).padStart(HEXADECIMAL_DIGITS, 'a');
    this.#cgroup = new TestCgroup(cleanup.context, `kubepods/burstable/pod${this.uid}/${container}`);
    cleanup.after(() => this.remove());
  }

  /** Of the process that keeps the network; 0 when the pod is gone. */
  get pid(): number {
    return this.#pause?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.#pause = this.#spawn(['unshare', '--net'], 'echo up; exec sleep 600');
    await once(this.#pause.stdout!, 'data');
    this.#plug();
    await this.startApp();
  }

  async startApp(): Promise<void> {
    const backlog = this.spec.backlog === undefined ? '' : String(this.spec.backlog);
    this.#app = this.#spawn(
      ['nsenter', `--net=/proc/${this.pid}/ns/net`],
      `exec ${process.execPath} ${APP} ${backlog}`,
    );
    await once(this.#app.stdout!, 'data');
  }

  does(deed: Deed): void {
    this.#app?.stdin?.write(`${deed}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#app?.kill(signal);
  }

  /** Its process ends at once, requests in flight included; the pod's network stays. */
  async endApp(): Promise<void> {
    await endOf(this.#app);
  }

  /** The address leaves the node. */
  async remove(): Promise<void> {
    const pause = this.#pause;
    if (pause === undefined) return;
    await this.endApp();
    this.#pause = undefined;
    execFileSync('ip', ['link', 'del', interfaceOf(this.spec.ip)]);
    await endOf(pause);
  }

  #plug(): void {
    const { ip } = this.spec;
    const node = interfaceOf(ip);
    const inside = `nsenter --net=/proc/${this.pid}/ns/net ip`;
    const commands = [
      `ip link add ${node} type veth peer name eth0 netns ${this.pid}`,
      `${inside} link set lo up`,
      `${inside} address add ${ip}/32 dev eth0`,
      `${inside} link set eth0 up`,
      `${inside} route add ${NEXT_HOP} dev eth0 scope link`,
      `${inside} route add default via ${NEXT_HOP}`,
      `ip link set ${node} up`,
      `ip route add ${ip}/32 dev ${node}`,
    ];
    execFileSync('sh', ['-ec', commands.join('\n')]);
  }

  #spawn(enter: readonly string[], script: string): ChildProcess {
    const join = (['memory', 'cpu', 'unified'] as const).map((one) => `echo $$ > ${this.#cgroup.file(one)}`);
    return spawn(enter[0], [...enter.slice(1), 'sh', '-c', `${join.join('; ')}; ${script}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }
}

async function endOf(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
