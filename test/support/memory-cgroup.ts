import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const MOUNT = '/sys/fs/cgroup';
const V1 = join(MOUNT, 'memory');
let made = 0;

/** Why the memory of processes cannot be limited here, or false. With CI=true a listed test must not skip. */
export function memoryCgroupMissing(): string | false {
  try {
    const probe = makeDirectory();
    rmdirSync(probe);
    return false;
  } catch (error) {
    const reason = `cannot make a memory cgroup: ${(error as Error).message}`;
    if (process.env.CI === 'true') throw new Error(`${reason}; not skipped with CI=true`);
    return reason;
  }
}

/** A memory cgroup, v1 or v2, that is removed with the test; what is in it must have ended by then. */
export class MemoryCgroup {
  readonly #directory = makeDirectory();

  constructor(t: TestContext, limitBytes: number) {
    t.after(() => rmdirSync(this.#directory));
    const isFirst = this.#directory.startsWith(V1);
    writeFileSync(join(this.#directory, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(limitBytes));
  }

  add(pid: number): void {
    writeFileSync(join(this.#directory, 'cgroup.procs'), String(pid));
  }

  /** Processes in it that the kernel has killed for want of memory. */
  kills(): number {
    const name = this.#directory.startsWith(V1) ? 'memory.oom_control' : 'memory.events';
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(this.#directory, name), 'utf8'))?.[1] ?? 0);
  }
}

function makeDirectory(): string {
  const directory = join(existsSync(join(V1, 'cgroup.procs')) ? V1 : MOUNT, `badgateway-test-${process.pid}-${made++}`);
  mkdirSync(directory);
  if (directory.startsWith(V1) || existsSync(join(directory, 'memory.max'))) return directory;
  rmdirSync(directory);
  throw new Error('the memory controller is not enabled in the root cgroup');
}
