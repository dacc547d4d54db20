import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { asNobody } from './nobody.ts';
import type { ListenersAsk, ListenersSaid } from './run-listeners.ts';

const SCRIPT = fileURLToPath(new URL('run-listeners.ts', import.meta.url));

/** What is said of one network namespace. */
export class SaidOf {
  readonly said: ListenersSaid;
  readonly #inode: number;

  /** `pid`: of a process in the namespace. */
  constructor(said: ListenersSaid, pid: number) {
    this.said = said;
    this.#inode = statSync(`/proc/${pid}/net/netstat`).ino;
  }

  /** Label values after those of the namespace, and the value: `80 none 0`. */
  values(name: string): string[] {
    const own = `${name}{namespace="",pod="${this.#inode}",netns="other",`;
    const lines = this.said.samples.filter((line) => line.startsWith(own)).map((line) => line.slice(own.length));
    return lines.map((line) => line.replace(/(?:^|,)\w+="([^"]*)"/g, '$1 ').replace(/} */, '')).sort();
  }

  condition(condition: ConditionReport['condition'], gateway = String(this.#inode)): ConditionReport | undefined {
    return this.said.conditions.find((one) => one.condition === condition && one.subject.gateway === gateway);
  }
}

/** The collector as the default agent runs: uid 65534, without any capability. */
export class ListenersWatch {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** `inside`: a command that runs it elsewhere, as `ip netns exec NAME`. */
  constructor(t: TestContext, ask: ListenersAsk, inside: readonly string[] = []) {
    const [command, ...args] = [...inside, ...asNobody(), process.execPath, SCRIPT, JSON.stringify(ask)];
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => this.#child.kill('SIGKILL'));
    const lines: Interface = createInterface({ input: this.#child.stdout! });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** What it says after two polls from now on. */
  async poll(): Promise<ListenersSaid> {
    this.#child.stdin!.write('poll\n');
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('it has ended');
    return JSON.parse(value);
  }
}
