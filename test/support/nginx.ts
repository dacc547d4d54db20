import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from './programs.ts';

export interface NginxSpec {
  /** Inside `http { }`: servers and upstreams. `$DIR` is the directory of this nginx. */
  readonly http: string;
  /** Directives of the main context. */
  readonly main?: string;
  /** Inside `events { }`. */
  readonly events?: string;
  /** Level of the error log; `error` is nginx' own default. */
  readonly level?: string;
  /** Name of the configuration file, which discovery takes as the name of the gateway. */
  readonly name?: string;
  /** Default: one. */
  readonly workers?: number;
  /** Texts by their path in the directory; they are older than the master without a doubt. */
  readonly files?: Readonly<Record<string, string>>;
  /** Own network namespace with these shell commands run in it first; loopback is up. Needs root. */
  readonly namespace?: readonly string[];
  /** Port or unix socket that answers when nginx is up. */
  readonly listen: number | string;
}

export interface RunningNginx {
  /** Of the master. */
  readonly pid: number;
  readonly directory: string;
  readonly errorLog: string;
  /** Whole lines of the error log. */
  lines(): string[];
  /** Writes a new configuration that nobody loads. */
  write(http: string): void;
  /** Writes a new configuration and reloads. */
  reload(http: string): void;
  stop(): Promise<void>;
}

/** A real nginx in a directory of its own, in the foreground. `stop` ends it and removes the directory. */
export async function startNginx(spec: NginxSpec): Promise<RunningNginx> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-nginx-'));
  const [config, errorLog] = [join(directory, `${spec.name ?? 'nginx'}.conf`), join(directory, 'error.log')];
  mkdirSync(join(directory, 'tmp'));
  const write = (http: string) => writeFileSync(config, configText(spec, http, directory));
  write(spec.http);
  if (spec.files !== undefined) await writeFiles(directory, spec.files);
  const child = spawnNginx(spec, config, directory);
  try {
    await waitUntilUp(spec.listen, child, errorLog);
  } catch (error) {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return {
    pid: child.pid!,
    directory,
    errorLog,
    lines: () => readFileSync(errorLog, 'utf8').split('\n').slice(0, -1),
    write,
    reload(http) {
      write(http);
      child.kill('SIGHUP');
    },
    async stop() {
      await end(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  // A process that starts in the tick of the clock in which a file was written is not younger than it (START_ERROR_MS).
  await delay(60);
}

function configText(
  { main = '', level = 'error', events = 'worker_connections 256;', workers = 1 }: NginxSpec,
  http: string,
  dir: string,
) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path tmp/${name};`,
  );
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes ${workers};
pid nginx.pid; ${main}
error_log ${join(dir, 'error.log')} ${level};
events { ${events} }
http {
  access_log off;
  ${temporary.join(' ')}
${http.replaceAll('$DIR', dir)}
}
`;
}

function spawnNginx({ namespace }: NginxSpec, config: string, directory: string): ChildProcess {
  const nginx = findProgram('nginx');
  if (nginx === null) throw new Error('no nginx program');
  const command = [nginx, '-p', directory, '-c', config, '-e', join(directory, 'error.log')];
  const stdio = ['ignore', 'ignore', 'ignore'] as const;
  if (namespace === undefined) return spawn(command[0], command.slice(1), { stdio: [...stdio] });
  const script = ['set -e', 'ip link set lo up', ...namespace, 'exec "$@"'].join('\n');
  return spawn('unshare', ['--net', 'sh', '-c', script, 'sh', ...command], { stdio: [...stdio] });
}

async function waitUntilUp(listen: number | string, child: ChildProcess, errorLog: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    if (child.exitCode !== null || signal.aborted) throw new Error(`nginx did not start: ${tryRead(errorLog)}`);
    if (await canConnect(listen)) return;
    await delay(20);
  }
}

/** nginx binds before it starts its workers: an answer, of any status, means that it works. */
function canConnect(listen: number | string): Promise<boolean> {
  const to = typeof listen === 'number' ? { host: '127.0.0.1', port: listen } : { socketPath: listen };
  const { promise, resolve } = Promise.withResolvers<boolean>();
  request({ ...to, path: '/nginx-is-up', agent: false }, (response) => {
    response.resume();
    response.on('end', () => resolve(true));
  })
    .on('error', () => resolve(false))
    .end();
  return promise;
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-2000);
  } catch {
    return '(no error log)';
  }
}

/** SIGTERM lets the master end its workers; they are gone when it is. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGTERM');
  await promise;
}
