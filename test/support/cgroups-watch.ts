import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { NodeNetwork } from '../../src/contract/node.ts';
import { asNobody } from './nobody.ts';
import type { CgroupsSaid } from './run-cgroups.ts';

const SCRIPT = fileURLToPath(new URL('run-cgroups.ts', import.meta.url));

/** The collector as the default agent runs: uid 65534, without any capability. */
export class CgroupsWatch {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** `inside`: a command that runs it elsewhere. Without networks it looks at the node itself. */
  constructor(t: TestContext, networks: readonly NodeNetwork[] | null, inside: readonly string[] = []) {
    const asked = networks === null ? [] : [JSON.stringify(networks)];
    const [command, ...args] = [...inside, ...asNobody(), process.execPath, SCRIPT, ...asked];
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => this.#child.kill('SIGKILL'));
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async poll(): Promise<CgroupsSaid> {
    this.#child.stdin!.write('poll\n');
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('it has ended');
    return JSON.parse(value);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
