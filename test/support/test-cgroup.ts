import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseCgroupMounts } from '../../src/sources/cgroup-paths.ts';

type Hierarchy = 'memory' | 'cpu' | 'unified';
const NAME = `badgateway-cgroups-${process.pid}`;
let made = 0;

/** Where the hierarchies are here: v1 with an empty v2 one, or v2 for all. */
function mountsHere(): Readonly<Record<Hierarchy, string>> {
  const mounts = parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const unified = mounts.find(({ controllers }) => controllers === null)?.point ?? '';
  const of = (name: string) => mounts.find(({ controllers }) => controllers?.includes(name))?.point ?? unified;
  return { memory: of('memory'), cpu: of('cpu'), unified };
}

/** Why cgroups cannot be made here, or false. With CI=true a listed test must not skip. */
export function cgroupsMissing(): string | false {
  try {
    const directories = new Set(Object.values(mountsHere()).map((point) => join(point, `${NAME}-probe`)));
    for (const directory of directories) {
      mkdirSync(directory);
      rmdirSync(directory);
    }
    return false;
  } catch (error) {
    const reason = `cannot make a cgroup: ${(error as Error).message}`;
    if (process.env.CI === 'true') throw new Error(`${reason}; not skipped with CI=true`);
    return reason;
  }
}

/** A cgroup of the test in every hierarchy; it and what runs in it end with the test. `path` below one of its own, made whole. */
export class TestCgroup {
  readonly version: 1 | 2;
  readonly #directories: Readonly<Record<Hierarchy, string>>;
  readonly #points: readonly string[];
  readonly #children: ChildProcess[] = [];

  constructor(t: TestContext, path: string) {
    const mounts = mountsHere();
    this.version = mounts.memory === mounts.unified ? 2 : 1;
    const names = [`${NAME}-${made++}`, ...path.split('/').filter(Boolean)];
    const paths = names.map((_, at) => names.slice(0, at + 1).join('/'));
    const points = [...new Set(Object.values(mounts))];
    this.#points = points;
    for (const point of points) mkdirSync(join(point, paths.at(-1)!), { recursive: true });
    const own = paths.at(-1)!;
    this.#directories = {
      memory: join(mounts.memory, own),
      cpu: join(mounts.cpu, own),
      unified: join(mounts.unified, own),
    };
    t.after(async () => {
      await this.#end();
      for (const point of points) for (const one of paths.toReversed()) await remove(join(point, one));
    });
  }

  /** Of memory and swap together. */
  limitMemory(bytes: number): void {
    this.#write('memory', this.version === 1 ? 'memory.limit_in_bytes' : 'memory.max', String(bytes));
    const [swap, text] = this.version === 1 ? ['memory.memsw.limit_in_bytes', String(bytes)] : ['memory.swap.max', '0'];
    // Not every kernel accounts swap.
    if (existsSync(join(this.#directories.memory, swap))) this.#write('memory', swap, text);
  }

  limitCpu(cores: number): void {
    const quota = String(cores * 100_000);
    if (this.version === 1) this.#write('cpu', 'cpu.cfs_quota_us', quota);
    else this.#write('cpu', 'cpu.max', `${quota} 100000`);
  }

  read(hierarchy: Hierarchy, file: string): string {
    return readFileSync(join(this.#directories[hierarchy], file), 'utf8');
  }

  /** The field of a file of lines `name number`. */
  field(hierarchy: Hierarchy, file: string, name: string): number {
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(this.read(hierarchy, file))?.[1]);
  }

  kills(): number {
    return this.field('memory', this.version === 1 ? 'memory.oom_control' : 'memory.events', 'oom_kill');
  }

  add(pid: number): void {
    for (const hierarchy of ['memory', 'cpu', 'unified'] as const) this.#write(hierarchy, 'cgroup.procs', String(pid));
  }

  /** What a pid is written to. */
  file(hierarchy: Hierarchy): string {
    return join(this.#directories[hierarchy], 'cgroup.procs');
  }

  /** Where hierarchies are mounted, each once. */
  mounts(): readonly string[] {
    return this.#points;
  }

  /** Runs a command in it that goes on; its pid. */
  async start(...command: readonly string[]): Promise<number> {
    const child = this.#spawn(`echo ready; exec "$@"`, command);
    await once(child.stdout!, 'data');
    return child.pid!;
  }

  /** Runs a command in it to its end; the signal that ended it. */
  async run(...command: readonly string[]): Promise<NodeJS.Signals | null> {
    const [, signal] = await once(this.#spawn('exec "$@"', command), 'exit');
    return signal;
  }

  #spawn(script: string, command: readonly string[]): ChildProcess {
    const enter = (Object.keys(this.#directories) as Hierarchy[])
      .map((one) => `echo $$ > ${this.file(one)}`)
      .join('; ');
    const args = ['-c', `${enter}; ${script}`, 'sh', ...command];
    const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    return child;
  }

  #write(hierarchy: Hierarchy, file: string, text: string): void {
    writeFileSync(join(this.#directories[hierarchy], file), text);
  }

  async #end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}

/** A process that has ended may be in it for a moment. */
async function remove(directory: string): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if (left === 0 || (error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      await delay(100);
    }
  }
}
