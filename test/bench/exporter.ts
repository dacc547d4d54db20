import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeStartOf } from '../../scripts/node-flags.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import { benchDirectory } from './corpus/generate.ts';
import { PROJECT } from './report.ts';

/** A program that follows a log file and serves /metrics. */
export interface Follower {
  readonly name: string;
  readonly pid: number;
  /** From spawn to the first 200. */
  readonly startMs: number;
  /** One scrape: how many lines (or matches) it has counted, and how long the answer took. */
  scrape(): Promise<{ count: number; answerMs: number }>;
  stop(): Promise<void>;
}

/** How to start one; `counted` sums the right samples of its page. */
interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly url: string;
  readonly counted: RegExp;
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const LONGEST_START_MS = 30_000;
const START_POLL_MS = 5;
export const BUNDLE = join(PROJECT, 'dist/badgateway.mjs');

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Status and body of one GET; the connection is kept. */
export function fetchText(url: string, agent: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

function sum(page: string, counted: RegExp): number {
  let total = 0;
  for (const [, value] of page.matchAll(counted)) total += Number(value);
  return total;
}

async function start(program: Program): Promise<Follower> {
  const started = performance.now();
  const child = spawn(program.command[0], program.command.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...program.environment },
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${program.name} could not be started`);
  let complaint = '';
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString()).slice(-2000);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await firstAnswer(program, child, agent);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${program.name} gave no 200: ${complaint}`, { cause: error });
  }
  return {
    name: program.name,
    pid,
    startMs: performance.now() - started,
    async scrape() {
      const asked = performance.now();
      const { body } = await fetchText(program.url, agent);
      return { answerMs: performance.now() - asked, count: sum(body, program.counted) };
    },
    async stop() {
      agent.destroy();
      const ended = child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : undefined;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
      rmSync(program.directory, { recursive: true, force: true });
    },
  };
}

async function firstAnswer(program: Program, child: ChildProcess, agent: Agent): Promise<void> {
  const until = performance.now() + LONGEST_START_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
    const answer = await fetchText(program.url, agent).catch(() => undefined);
    if (answer?.status === 200) return;
    await wait(START_POLL_MS);
  }
  throw new Error(`no 200 within ${LONGEST_START_MS} ms`);
}

/** Our bundle on one log file and nothing else: what the peers do. */
export function startOurs(file: string): Promise<Follower> {
  const others = COLLECTORS.filter(({ name }) => name !== 'nginx_error_log');
  return startOn(file, Object.fromEntries(others.map(({ name }) => [name, { enabled: false }])));
}

/** Our bundle on one log file and all that it finds on a host by itself. */
export function startProbing(file: string): Promise<Follower> {
  return startOn(file, { envoy: { enabled: false } });
}

function startOn(file: string, others: object): Promise<Follower> {
  const collectors = { ...others, nginx_error_log: { files: [file], start_at: 'beginning' } };
  return startBundle(collectors, /^badgateway_log_lines_total(?:\{[^}]*\})? (\S+)$/gm);
}

/** Our bundle on an nginx configuration and an API server. */
export function startUpstreams(config: string, kubeconfig: string): Promise<Follower> {
  const collectors = {
    nginx_config: { files: [config] },
    kubernetes: { kubeconfig, pods: 'off' },
    envoy: { enabled: false },
  };
  return startBundle(collectors, /^badgateway_upstream_endpoints\{[^}]*state="live"\} (\S+)$/gm);
}

/** Our bundle on the node's /proc, each collector of it every so many seconds. */
export function startNode(file: string, seconds: number): Promise<Follower> {
  const names = ['netstat', 'conntrack', 'sockstat', 'listeners', 'nginx_workers', 'cgroups', 'upstream_sockets'];
  const interval = { interval: `${seconds}s` };
  const collectors = {
    ...{ nginx_error_log: { files: [file] }, envoy: { enabled: false } },
    ...Object.fromEntries(names.map((name) => [name, interval])),
  };
  return startBundle(collectors, /^badgateway_network_namespaces\{[^}]*\} (\S+)$/gm);
}

async function startBundle(collectors: object, counted: RegExp): Promise<Follower> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: build the bundle first`);
  const directory = mkdtempSync(join(benchDirectory(), 'exporter-'));
  const [metrics, page] = [await freePort(), await freePort()];
  const config = {
    listen: { metrics: `127.0.0.1:${metrics}`, page: `127.0.0.1:${page}` },
    checkpoint: { directory },
    collectors,
  };
  // JSON is YAML.
  const path = join(directory, 'config.yaml');
  writeFileSync(path, JSON.stringify(config));
  const { environment, flags } = nodeStartOf(BUNDLE);
  return await start({
    name: 'badgateway',
    environment,
    command: [process.execPath, ...flags, BUNDLE, 'serve', `--config.file=${path}`],
    url: `http://127.0.0.1:${metrics}/metrics`,
    counted,
    directory,
  });
}

/** mtail with the program that gives our answer. It counts matches, not lines. */
export async function startMtail(file: string): Promise<Follower> {
  const port = await freePort();
  const directory = mkdtempSync(join(benchDirectory(), 'mtail-'));
  const program = join(import.meta.dirname, 'peers/same-answer.mtail');
  return await start({
    name: 'mtail',
    command: [
      'mtail',
      '--progs',
      program,
      '--logs',
      file,
      '--address',
      '127.0.0.1',
      '--port',
      String(port),
      '--log_dir',
      directory,
    ],
    url: `http://127.0.0.1:${port}/metrics`,
    counted: /^nginx_\w+_total\{[^}]*\} (\S+)$/gm,
    directory,
  });
}

/** CPU seconds of a running process: the schedulers' nanoseconds of all its living threads. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanoseconds / 1e9;
}

/** Resident memory in MB, all and anonymous (the part a pod's limit feels). */
export function memoryMb(pid: number): { rss: number; anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { rss: field('VmRSS'), anonymous: field('RssAnon') };
}
