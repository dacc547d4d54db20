import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Netns } from './netns.ts';
import type { TestCgroup } from './test-cgroup.ts';

const HIERARCHIES = ['memory', 'cpu', 'unified'] as const;

/** Where a process of a node runs. */
export interface Place {
  readonly netns: Netns;
  readonly cgroup: TestCgroup;
}

/**
 * A node of a cluster as far as /proc tells: a process namespace with its own /proc, so that what runs on one node is not there for an
 * exporter on another. All of it ends with the test.
 */
export class TestNode {
  /** The first process of the node, as this test sees it. */
  readonly #init: number;
  readonly #children: ChildProcess[] = [];

  private constructor(t: TestContext, holder: ChildProcess) {
    this.#init = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim());
    t.after(async () => {
      const ended = once(holder, 'exit');
      holder.stdin?.end();
      // One that stopped with what it started would never take note of its end, for which the first process waits.
      for (const child of this.#children) child.kill('SIGKILL');
      await ended;
    });
  }

  /** To be made before the cgroups and network namespaces of its processes, which can only be removed after them. */
  static async start(t: TestContext): Promise<TestNode> {
    // With the first process of a process namespace all others end, before it is gone; this one when the test does.
    const args = ['--pid', '--fork', '--mount-proc', 'sh', '-c', 'echo up; read line'];
    const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await untilItSpeaks(holder, 'unshare');
    return new TestNode(t, holder);
  }

  /** A command that runs what follows on the node, in the network of the test itself: an agent's, with hostNetwork. */
  get prefix(): readonly string[] {
    return ['nsenter', `--target=${this.#init}`, '--pid', '--mount'];
  }

  /** Starts a process of a pod and waits for its first output. */
  async start({ netns, cgroup }: Place, ...command: readonly string[]): Promise<ChildProcess> {
    const enter = HIERARCHIES.map((one) => `echo 0 > ${cgroup.file(one)}`).join('; ');
    const [program, ...prefix] = [...this.prefix, `--net=/run/netns/${netns.name}`];
    const args = [...prefix, 'sh', '-c', `${enter}; exec "$@"`, 'sh', ...command];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    await untilItSpeaks(child, command[0]);
    return child;
  }
}

async function untilItSpeaks(child: ChildProcess, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready`)));
  });
}
