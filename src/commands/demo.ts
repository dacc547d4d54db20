import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { App } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { ADDRESS_FORM, isLoopback, readListenAddress } from '../http/address.ts';
import { METRICS_FLAG, PAGE_FLAG } from '../http/flags.ts';
import { createLogger } from '../logger.ts';
import { VERSION } from '../version.ts';
import { prepareLive } from './demo-live.ts';
import { prepareRecorded } from './demo-recorded.ts';
import type { Scene } from './demo-scene.ts';
import { noTemporaryFiles, temporaryDirectory } from './write-files.ts';

export interface DemoOptions {
  /** A real nginx with real faults instead of the recording. */
  readonly live?: boolean;
  /** Seconds of the recording per second, as text. */
  readonly speed?: string;
  readonly 'web.listenAddress'?: string;
  readonly 'web.pageAddress'?: string;
}

/** The command line is wrong: nothing was begun. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

const HOST = '127.0.0.1';
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Shows causes appear, until SIGINT or SIGTERM; removes all that it made. Returns the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const speed = readSpeed(options.speed ?? '1');
  checkAddresses(options);
  const stopped = stopSignal();
  const directory = temporaryDirectory('badgateway-demo-');
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const scene = await (options.live ? prepareLive : prepareRecorded)({ directory, speed, say });
    try {
      await show(scene, { directory, options, stopped });
    } finally {
      await scene.stop();
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noTemporaryFiles(error) : error;
  } finally {
    remove();
  }
  return 0;
}

interface Stage {
  readonly directory: string;
  readonly options: DemoOptions;
  readonly stopped: Promise<void>;
}

async function show(scene: Scene, { directory, options, stopped }: Stage): Promise<void> {
  const app = await createApp(scene, directory, options);
  // A new series stays at 0 until a scraper has read it; a person who asks for the first time wants to see the number.
  const reader = setInterval(() => void app.registry.render('text', 'demo'), 1000);
  try {
    await app.start();
    introduce(scene, app);
    await Promise.race([stopped, new Promise((_, failed) => scene.start(failed))]);
    say('');
  } finally {
    clearInterval(reader);
    await app.stop();
  }
}

async function createApp(scene: Scene, directory: string, options: DemoOptions): Promise<App> {
  const file = join(directory, 'badgateway.yaml');
  const listen = {
    metrics: options['web.listenAddress'] ?? (await freeAddress(9502)),
    page: options['web.pageAddress'] ?? (await freeAddress(9503)),
  };
  const common = {
    listen,
    log: { level: 'error', format: 'text' },
    checkpoint: { directory: join(directory, 'state') },
  };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ ...common, ...scene.config }, null, 2));
  const load = () => loadConfig({ file, flags: {}, environment: {} });
  const loaded = load();
  return new App({ loaded, reload: load, log: createLogger(loaded.config.log), version: VERSION });
}

function introduce(scene: Scene, app: App): void {
  const { metrics, page } = app.addresses();
  for (const line of scene.introduction) say(line);
  say(`
  page     http://${page}/
  metrics  http://${metrics}/metrics
  try      curl -s http://${metrics}/metrics | grep '^badgateway_failures_total.* [1-9]'

Nothing is touched but a temporary directory. Ctrl-C ends the demo.
`);
}

/** The usual port, or any free one when somebody has it. */
async function freeAddress(port: number): Promise<string> {
  if (await isFree(port)) return `${HOST}:${port}`;
  say(`Port ${port} is taken (a running badgateway?): using another one.`);
  return `${HOST}:0`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

function readSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed > 0 && speed <= 1000))
    throw new UsageError(`--speed ${JSON.stringify(text)}: give a number above 0, up to 1000`);
  return speed;
}

/** @throws what no listener can be, before anything is made */
function checkAddresses(options: DemoOptions): void {
  const pairs = [
    [METRICS_FLAG, options['web.listenAddress']],
    [PAGE_FLAG, options['web.pageAddress']],
  ] as const;
  for (const [flag, text] of pairs) {
    if (text === undefined) continue;
    const address = readListenAddress(text);
    if (address === undefined) throw new UsageError(`${flag} ${JSON.stringify(text)}: ${ADDRESS_FORM}`);
    if (flag === PAGE_FLAG && !isLoopback(address.host))
      throw new UsageError(`${flag} ${text}: the page of the demo asks for no password: listen on 127.0.0.1:9503`);
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
