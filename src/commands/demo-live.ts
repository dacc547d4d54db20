import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { type FaultyUpstreams, startFaultyUpstreams } from './demo-live-upstreams.ts';
import type { Scene, SceneOptions } from './demo-scene.ts';

const DIRECTORIES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
const SOCKET = 'nginx.sock';
const CONFIG = 'edge.conf';
const REQUEST_INTERVAL_MS = 250;

/** What clients ask for, and what is wrong with it. */
const FAULTS = [
  ['/cart', 'nobody listens on the port of cart'],
  ['/search', 'search closes connections without an answer'],
  ['/checkout', 'checkout does not answer within 500 ms'],
  ['/stock', 'both servers of stock refuse: after that nginx does not even try'],
  ['/payments', 'the DNS server does not know payments.example'],
  ['/', 'this one works'],
] as const;

/** A real nginx, listening on a unix socket only, in front of faulty servers on loopback; requests come all the time. */
export async function prepareLive({ directory, say }: SceneOptions): Promise<Scene> {
  const program = findNginx();
  const upstreams = await startFaultyUpstreams();
  const errorLog = join(directory, 'error.log');
  const child = startNginx(program, directory, configText(upstreams, errorLog));
  let traffic: NodeJS.Timeout | undefined;
  return {
    config: {
      collectors: {
        nginx_error_log: { files: [{ path: errorLog, gateway: 'edge' }], start_at: 'beginning' },
        // It writes none; those of other gateways of this machine are not meant.
        nginx_access_log: { enabled: false },
        envoy_access_log: { enabled: false },
        nginx_config: { interval: '1s', files: [{ path: join(directory, CONFIG), gateway: 'edge' }] },
        // It listens on a unix socket only, and shall.
        listeners: { interval: '2s', expected_ports: [] },
      },
    },
    introduction: [`A real ${program} with real faults; its error log and this machine's kernel are watched.`],
    start() {
      say('What is wrong:');
      for (const [path, fault] of FAULTS) say(`  ${path.padEnd(10)} ${fault}`);
      let turn = 0;
      traffic = setInterval(() => ask(directory, FAULTS[turn++ % FAULTS.length][0]), REQUEST_INTERVAL_MS);
    },
    async stop() {
      clearInterval(traffic);
      upstreams.close();
      await end(child);
    },
  };
}

function findNginx(): string {
  const found = DIRECTORIES.map((directory) => join(directory, 'nginx')).find(isExecutable);
  if (found === undefined)
    throw new Error('--live needs nginx on this machine; without --live a recording is replayed');
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function configText({ ports }: FaultyUpstreams, errorLog: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp;`);
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log ${errorLog} warn;
events { worker_connections 128; }
http {
  access_log off;
  ${temporary.join(' ')}
  upstream stock { server 127.0.0.1:${ports.nobody} fail_timeout=8s; server 127.0.0.2:${ports.nobody} fail_timeout=8s; }
  server {
    listen unix:${SOCKET};
    server_name shop.example.com;
    proxy_read_timeout 500ms;
    location / { proxy_pass ${at(ports.ok)}; }
    location /cart { proxy_pass ${at(ports.nobody)}; }
    location /search { proxy_pass ${at(ports.closes)}; }
    location /checkout { proxy_pass ${at(ports.silent)}; }
    location /stock { proxy_pass http://stock; }
    location /payments { resolver 127.0.0.1:${ports.dns} ipv6=off; set $name payments.example; proxy_pass http://$name; }
  }
}
`;
}

function startNginx(program: string, directory: string, config: string): ChildProcess {
  mkdirSync(join(directory, 'tmp'));
  writeFileSync(join(directory, CONFIG), config.replace(`unix:${SOCKET}`, `unix:${join(directory, SOCKET)}`));
  const errorLog = join(directory, 'error.log');
  writeFileSync(errorLog, '');
  return spawn(program, ['-p', directory, '-c', join(directory, CONFIG), '-e', errorLog], { stdio: 'ignore' });
}

function ask(directory: string, path: string): void {
  const headers = { host: 'shop.example.com' };
  request({ socketPath: join(directory, SOCKET), path, headers, agent: false }, (answer) => answer.resume())
    .on('error', () => {})
    .end();
}

/** SIGTERM lets the master end its worker. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
