import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './freeport.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** A start takes a second of a processor, which many others may want. */
/** badgateway refuses variables that begin with its name and are not its own. */
export const { BADGATEWAY_NIGHTLY: _, ...OWN_ENVIRONMENT } = process.env;
const PATIENCE_MS = 60_000;

/** Sample (`name{labels}` as exposed) → value. */
export type Samples = ReadonlyMap<string, number>;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The real program as a child process on free ports of loopback. */
export class Badgateway {
  readonly directory = mkdtempSync(join(tmpdir(), 'badgateway-e2e-'));
  readonly configFile = join(this.directory, 'badgateway.yaml');
  readonly ports: { readonly metrics: number; readonly page: number };
  /** Standard output and standard error of the last run. */
  output = '';
  /** Arguments of node, before the program. */
  nodeArgs: readonly string[] = [];
  /** A command that runs the program, as `asNobody`; its directory is made that of `owner` for it. */
  prefix: readonly string[] = [];
  owner: number | undefined;
  /** Added to the environment. */
  environment: Readonly<Record<string, string>> = {};
  private readonly main: string;
  private child: ChildProcess | undefined;

  private constructor(main: string, metrics: number, page: number) {
    this.main = main;
    this.ports = { metrics, page };
  }

  /** Ports and directories, nothing running. `main`: the sources' or a bundle. */
  static async create(main = MAIN): Promise<Badgateway> {
    return new Badgateway(main, await freePort(), await freePort());
  }

  get listenFlags(): string[] {
    const { metrics, page } = this.ports;
    return [`--web.listen-address=127.0.0.1:${metrics}`, `--web.page-address=127.0.0.1:${page}`];
  }

  /** `serve` with this configuration; YAML takes JSON. Waits for /-/healthy. */
  async serve(config: object): Promise<this> {
    this.configure(config);
    return await this.run('serve', `--config.file=${this.configFile}`);
  }

  /** Without its word on access logs none is looked for: the gateways of other tests run beside this one's. */
  configure(config: object): void {
    const { collectors = {}, ...rest } = config as { readonly collectors?: object };
    const checkpoint = { directory: join(this.directory, 'checkpoint') };
    const none = { nginx_access_log: { enabled: false }, envoy_access_log: { enabled: false } };
    writeFileSync(this.configFile, JSON.stringify({ checkpoint, ...rest, collectors: { ...none, ...collectors } }));
  }

  /** Any command, with its listeners on the free ports. Waits until it listens. */
  async run(...args: readonly string[]): Promise<this> {
    await this.launch(...args);
    await this.until(async () => (await this.get('/-/healthy')).status === 200, 'it listens');
    return this;
  }

  /** The same without waiting. */
  async launch(...args: readonly string[]): Promise<void> {
    await this.launchBare(...args, ...this.listenFlags);
  }

  /** The same with nothing but these arguments. */
  async launchBare(...args: readonly string[]): Promise<void> {
    this.output = '';
    if (this.owner !== undefined) chownSync(this.directory, this.owner, this.owner);
    const [command, ...rest] = [...this.prefix, process.execPath, ...this.nodeArgs, this.main, ...args];
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...OWN_ENVIRONMENT, ...this.environment },
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.output += text));
    this.child = child;
    await once(child, 'spawn');
  }

  async get(path: string, { page = false, accept = '*/*' } = {}): Promise<Answer> {
    const port = page ? this.ports.page : this.ports.metrics;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    request({ host: '127.0.0.1', port, path, agent: false, headers: { accept, 'user-agent': 'e2e' } }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
    return await promise;
  }

  /** What a scraper gets: twice, because a series born a moment ago is shown at 0 the first time. */
  async scrape(): Promise<Samples> {
    await this.get('/metrics');
    const { status, body } = await this.get('/metrics');
    if (status !== 200) throw new Error(`/metrics answered ${status}: ${body}`);
    return parseSamples(body);
  }

  /** Scrapes when `count` lines of its error logs are counted and all failures have their verdict. */
  async scrapeAfterLines(count: number): Promise<Samples> {
    const isRead = async () => {
      const samples = await this.scrape();
      return sum(samples, 'badgateway_log_lines_total') >= count && samples.get('badgateway_verdicts_pending') === 0;
    };
    await this.until(isRead, `${count} lines are counted and judged`);
    return await this.scrape();
  }

  /** Waits until `condition` holds; errors count as not yet. */
  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      if (this.child?.exitCode != null) throw new Error(`exited with ${this.child.exitCode}: ${this.output}`);
      if (await condition().catch(() => false)) return;
      if (Date.now() > deadline) throw new Error(`waited in vain until ${what}; ${this.output.slice(-2000)}`);
      await delay(20);
    }
  }

  /** Milliseconds that it was ready to run while others had the processors. */
  waitedForProcessorMs(): number {
    const [, waitedNs] = readFileSync(`/proc/${this.child!.pid}/schedstat`, 'latin1').split(' ');
    return Number(waitedNs) / 1e6;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Waits until it ends by itself. */
  async exitCode(): Promise<number | null> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    return ((await once(child, 'close')) as [number | null])[0];
  }

  /** Sends the signal and waits for the end; returns the exit code, or null when the signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await exited)[0];
  }

  /** Ends it and removes its directory. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function parseSamples(text: string): Samples {
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    rows.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

export function labelOf(sample: string, label: string): string {
  return new RegExp(`[{,]${label}="((?:[^"\\\\]|\\\\.)*)"`).exec(sample)?.[1] ?? '';
}

/** Sum of a family over all label sets that hold `part`. */
export function sum(samples: Samples, family: string, part = ''): number {
  let total = 0;
  for (const [sample, value] of samples) if (sample.startsWith(`${family}{`) && sample.includes(part)) total += value;
  return total;
}

/** What moved between two scrapes, by the value of one label: `{ connection_refused: 4 }`. */
export function moved(before: Samples, after: Samples, family: string, label: string): Record<string, number> {
  const moves: Record<string, number> = {};
  for (const [sample, value] of after) {
    const difference = value - (before.get(sample) ?? 0);
    if (!sample.startsWith(`${family}{`) || difference === 0) continue;
    const key = labelOf(sample, label);
    moves[key] = (moves[key] ?? 0) + difference;
  }
  return moves;
}
