import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

let made = 0;

/** Why own network namespaces cannot be made here, or false. With CI=true a listed test must not skip. */
export function netnsMissing(): string | false {
  if (process.platform !== 'linux') return missing('needs Linux');
  const name = `bgw-${process.pid}-probe`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'del', name], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return missing(`cannot make a network namespace: ${(error as Error).message.split('\n')[0]}`);
  }
}

function missing(reason: string): string {
  if (process.env.CI === 'true') throw new Error(`${reason}; not skipped with CI=true`);
  return reason;
}

/** One network namespace of the test with loopback up; it and the processes started in it end with the test. */
export class Netns {
  readonly name = `bgw-${process.pid}-${made++}`;
  readonly #children: ChildProcess[] = [];

  constructor(t: TestContext) {
    execFileSync('ip', ['netns', 'add', this.name]);
    t.after(() => this.#end());
    this.run('ip', 'link', 'set', 'lo', 'up');
  }

  /** Runs a command inside to its end; gives what it wrote. */
  run(command: string, ...args: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, command, ...args], { encoding: 'utf8', timeout: 20_000 });
  }

  /** Starts a process inside and waits for its first output. `ip netns exec` becomes the command, so the pid is the command's. */
  async start(command: string, ...args: string[]): Promise<ChildProcess & { pid: number }> {
    const child = spawn('ip', ['netns', 'exec', this.name, command, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code} before it was ready`)));
    });
    return child as ChildProcess & { pid: number };
  }

  /** A veth pair between two namespaces, up, with one address on each side (`10.77.0.1/24`). */
  static connect(left: { netns: Netns; address: string }, right: { netns: Netns; address: string }): void {
    const device = `v${process.pid % 100_000}-${made++}`;
    const ends = { name: `${device}a`, peer: `${device}b` };
    left.netns.run(
      'ip',
      'link',
      'add',
      ends.name,
      'type',
      'veth',
      'peer',
      'name',
      ends.peer,
      'netns',
      right.netns.name,
    );
    for (const [{ netns, address }, end] of [[left, ends.name] as const, [right, ends.peer] as const]) {
      netns.run('ip', 'address', 'add', address, 'dev', end);
      netns.run('ip', 'link', 'set', end, 'up');
    }
  }

  /** A daemon that is killed leaves its workers, and one of its workers that is killed sooner has a successor: again until nobody is left. */
  #end(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    const giveUpMs = Date.now() + 10_000;
    for (let pids = this.#pids(); pids.length > 0; pids = this.#pids()) {
      if (Date.now() > giveUpMs) throw new Error(`processes of ${this.name} do not end: ${pids.join(' ')}`);
      // One that ends by itself meanwhile is no loss.
      spawnSync('kill', ['-KILL', ...pids]);
    }
    execFileSync('ip', ['netns', 'del', this.name]);
  }

  #pids(): string[] {
    return execFileSync('ip', ['netns', 'pids', this.name], { encoding: 'utf8' }).split('\n').filter(Boolean);
  }
}
