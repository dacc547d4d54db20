import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './freeport.ts';
import { findProgram } from './programs.ts';

/** One series of an answer; `values` are [seconds, text] as stored. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [number, string])[];
  readonly value?: readonly [number, string];
}

/** What an exporter has to say of its answer: Prometheus 3 refuses one that says nothing. */
export const METRICS_TYPE = 'text/plain; version=0.0.4';

export interface RunningPrometheus {
  readonly configFile: string;
  readonly url: string;
  /** Result of an instant query; a range selector gives the raw samples. */
  query(promql: string): Promise<readonly Series[]>;
  /** Waits until the last scrape of every target was good. */
  waitUntilUp(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Prometheus with this configuration (YAML takes JSON), its data in a temporary directory. */
export async function startPrometheus(config: object): Promise<RunningPrometheus> {
  const program = findProgram('prometheus');
  if (program === null) throw new Error('no prometheus program');
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-prometheus-'));
  const configFile = join(directory, 'prometheus.yml');
  writeFileSync(configFile, JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    program,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (text) => (log += text));

  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return path.startsWith('/api/') ? ((await response.json()) as { data: unknown }).data : await response.text();
  };
  const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 30_000;
    while (!(await condition().catch(() => false))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Prometheus: ${what}: ${log.slice(-2000)}`);
      await delay(100);
    }
  };
  await until('did not start', async () => (await ask('/-/ready')) !== '');
  return {
    configFile,
    url: `http://127.0.0.1:${port}`,
    async query(promql) {
      const data = await ask(`/api/v1/query?query=${encodeURIComponent(promql)}`);
      return (data as { result: readonly Series[] }).result;
    },
    waitUntilUp: () =>
      until('target is not up', async () => {
        const { activeTargets } = (await ask('/api/v1/targets')) as { activeTargets: { health: string }[] };
        return activeTargets.length > 0 && activeTargets.every(({ health }) => health === 'up');
      }),
    stop: () => stop(child, directory),
  };
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  rmSync(directory, { recursive: true, force: true });
}
