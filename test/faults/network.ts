import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseConntrackStats } from '../../src/parse/conntrack.ts';
import { parseNetstat } from '../../src/parse/netstat.ts';
import type { Cleanup } from './cleanup.ts';

let made = 0;

/** One network namespace; it ends with the fault, and the processes started in it before. */
export class Network {
  readonly name = `bgf-${process.pid}-${made++}`;
  readonly #cleanup: Cleanup;

  constructor(cleanup: Cleanup, setup: readonly string[] = []) {
    this.#cleanup = cleanup;
    sh([`ip netns add ${this.name}`, `ip -n ${this.name} link set lo up`, ...setup]);
    cleanup.after(() => execFileSync('ip', ['netns', 'del', this.name], { stdio: 'pipe' }));
  }

  /** Shell commands inside, one after another, to their end. */
  run(...commands: readonly string[]): string {
    const script = ['set -e', ...commands].join('\n');
    return execFileSync('nsenter', [`--net=/run/netns/${this.name}`, 'sh', '-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
  }

  /** A counter of the namespace by its own kernel: `TcpExt.ListenOverflows`, `conntrack.drop`. */
  count(name: string): number {
    if (!name.startsWith('conntrack.')) return parseNetstat(this.run('cat /proc/net/netstat')).get(name) ?? Number.NaN;
    const { totals } = parseConntrackStats(this.run('cat /proc/net/stat/nf_conntrack'));
    return totals.get(name.slice('conntrack.'.length)) ?? Number.NaN;
  }

  /** The same without holding up the program. */
  async runLong(...commands: readonly string[]): Promise<void> {
    const child = this.spawn('sh', '-c', ['set -e', ...commands].join('\n'));
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${commands[0]} ended with ${code}`);
  }

  /** Starts a process inside; its pid is the command's. Killed with the fault if it is still there. */
  spawn(...command: readonly string[]): ChildProcess {
    const child = spawn('nsenter', [`--net=/run/netns/${this.name}`, ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
    // Nobody reads what it has to say unless it asks for it.
    child.stderr.resume();
    child.stdin.on('error', () => {});
    this.#cleanup.after(() => endOf(child, 'SIGKILL'));
    return child;
  }
}

/** Ends the process and waits until it is gone. */
export async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  // One that is stopped hears nothing but SIGKILL.
  child.kill('SIGCONT');
  child.kill(signal);
  await exited;
}

/** A bridge in a namespace of its own, and what is plugged into it: the network of one fault. */
export class Switch {
  readonly #network: Network;
  readonly #cleanup: Cleanup;
  readonly #prefix: string;
  #ports = 0;

  /** @param prefix of a /24: `10.150.0` */
  constructor(cleanup: Cleanup, prefix: string) {
    this.#cleanup = cleanup;
    this.#prefix = prefix;
    this.#network = new Network(cleanup);
    sh([`ip -n ${this.#network.name} link add br0 type bridge`, `ip -n ${this.#network.name} link set br0 up`]);
  }

  /** A namespace with an address of each family on eth0. */
  plug(lastByte: number): { readonly network: Network; readonly ip: string; readonly ipv6: string } {
    const ip = `${this.#prefix}.${lastByte}`;
    const ipv6 = `fd00:${this.#prefix.replaceAll('.', ':')}::${lastByte}`;
    const network = new Network(this.#cleanup);
    const port = `p${this.#ports++}`;
    const [own, bridge] = [`ip -n ${network.name}`, `ip -n ${this.#network.name}`];
    sh([
      `${own} link add eth0 type veth peer name ${port} netns ${this.#network.name}`,
      `${own} address add ${ip}/24 dev eth0`,
      `${own} address add ${ipv6}/64 dev eth0 nodad`,
      `${own} link set eth0 up`,
      `${bridge} link set ${port} master br0 up`,
    ]);
    return { network, ip, ipv6 };
  }
}

function sh(commands: readonly string[]): void {
  execFileSync('sh', ['-ec', commands.join('\n')], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000 });
}
