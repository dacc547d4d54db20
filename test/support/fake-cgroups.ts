import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FakeProc } from './fake-proc.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/cgroup', import.meta.url));

/** Directories like those of cgroups beside a FakeProc, mounted as its `self/mountinfo` says. */
export class FakeCgroups {
  readonly root: string;
  readonly #proc: FakeProc;
  #mounts = '';

  constructor(proc: FakeProc) {
    this.#proc = proc;
    this.root = `${proc.root}-cgroup`;
  }

  /** `controllers` '': v2. */
  mount(name: string, controllers: string, root = '/'): this {
    const point = join(this.root, name);
    mkdirSync(point, { recursive: true });
    const type = controllers === '' ? 'cgroup2 cgroup2 rw' : `cgroup cgroup rw,${controllers}`;
    this.#mounts += `32 31 0:29 ${root} ${point} rw,relatime - ${type}\n`;
    this.#proc.write('self/mountinfo', this.#mounts);
    return this;
  }

  /** A cgroup with the files of a fixture. */
  make(path: string, fixture: 'v1' | 'v2', files: Readonly<Record<string, string>> = {}): this {
    const directory = join(this.root, path);
    mkdirSync(directory, { recursive: true });
    cpSync(join(FIXTURES, fixture), directory, { recursive: true });
    return this.write(path, files);
  }

  write(path: string, files: Readonly<Record<string, string>>): this {
    mkdirSync(join(this.root, path), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.root, path, name), text);
    return this;
  }
}
