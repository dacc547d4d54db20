import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';

export const RELOADS = 'badgateway_gateway_config_reloads_total';
export const proc = openProcfs('/proc');
/** Less than between two generations, hundredths of a second. */
const TOGETHER_TICKS = 5;
const SETTLED_MS = 1_100;

/** A real nginx whose configuration is `http.conf` beside its main file, and the collector that watches it. */
export class Rig {
  readonly pid: number;
  readonly main: string;
  readonly watch: ConfigWatch;
  readonly #directory: string;

  private constructor(pid: number, directory: string) {
    this.pid = pid;
    this.#directory = directory;
    this.main = join(directory, 'nginx.conf');
    this.watch = new ConfigWatch({ files: [this.main] });
  }

  static async start(t: TestContext, workers: number): Promise<Rig> {
    const port = await freePort();
    const nginx = await startNginx({
      http: `server { listen 127.0.0.1:${port}; }\ninclude conf.d/*.conf;`,
      ...{ listen: port, workers },
      files: { 'conf.d/a.conf': 'upstream a { server 10.0.0.1:80; server 10.0.0.2:80; }' },
    });
    const rig = new Rig(nginx.pid, nginx.directory);
    t.after(async () => {
      await rig.watch.collector.stop?.();
      await nginx.stop();
    });
    await rig.#settle(workers);
    return rig;
  }

  /** A master short of CPU takes its time between two workers, and within a second the later one looks like one of the next generation. */
  async #settle(workers: number): Promise<void> {
    await waitFor(() => this.workers().length === workers);
    const starts = readMaster(proc, this.pid)!.workers.map(({ startTicks }) => startTicks);
    if (Math.max(...starts) - Math.min(...starts) > TOGETHER_TICKS) await delay(SETTLED_MS);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#directory, 'conf.d', name), text);
  }

  /** Sends SIGHUP and waits until only workers take connections that were not there before. */
  async reload(): Promise<void> {
    // A tie of file and worker cannot be told from a worker that came first (START_ERROR_MS).
    await delay(60);
    const before = new Set(this.workers());
    process.kill(this.pid, 'SIGHUP');
    await waitFor(() => {
      const now = this.workers();
      return now.length > 0 && now.every((pid) => !before.has(pid));
    });
  }

  /** Workers that take connections. */
  workers(): number[] {
    return (readMaster(proc, this.pid)?.workers ?? []).filter(({ isDraining }) => !isDraining).map(({ pid }) => pid);
  }

  async crash(worker: number): Promise<void> {
    const { length } = this.workers();
    process.kill(worker, 'SIGKILL');
    await waitFor(() => {
      // One list for both: a worker that ends between two of them is in the first and its successor in neither.
      const now = this.workers();
      return now.length === length && !now.includes(worker);
    });
  }
}

export async function waitFor(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!isSo()) {
    assert.ok(Date.now() < deadlineMs, 'nginx did not do it in half a minute');
    await delay(10);
  }
}

/** The parts of a rig under short names. */
export function bind(rig: Rig) {
  return {
    ...{ watch: rig.watch, main: rig.main, pid: rig.pid },
    write: (name: string, text: string) => rig.write(name, text),
    reload: () => rig.reload(),
    workers: () => rig.workers(),
    crash: (worker: number) => rig.crash(worker),
  };
}
