/**
 * Records the incident that `badgateway demo` replays: real nginx, real Envoy and the real kernel in a network namespace
 * of their own, while a shop's pods are replaced, overloaded and broken as SHOP_STORY says. Raw bytes only. Needs root.
 *
 *   node scripts/record-incident.ts [DIRECTORY]
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, constants } from 'node:zlib';
import { type Frame, formatFrame } from '../src/commands/demo-recording.ts';
import { ENVOY_ADMIN_REQUESTS } from '../src/sources/http-get-envoy.ts';
import { findEnvoy } from '../test/support/envoy-binary.ts';
import { startEnvoy } from '../test/support/envoy-rig.ts';
import { startNginx } from '../test/support/nginx.ts';

const DURATION_MS = 72_000;
const KERNEL_FILES = ['netstat', 'snmp', 'sockstat', 'softnet_stat', 'stat/nf_conntrack'].map(
  (name) => `self/net/${name}`,
);
const LIMIT_FILE = 'sys/net/netfilter/nf_conntrack_max';
const ADMIN_PORT = 9901;
const DNS = '10.96.0.10';
const CLIENTS = ['10.0.3.7', '10.0.3.8', '10.0.4.21'];
const OLD_CART = ['10.2.1.11', '10.2.1.12', '10.2.1.13'];
const NEW_CART = ['10.2.1.21', '10.2.1.22', '10.2.1.23'];
const CHECKOUT = ['10.2.2.11', '10.2.2.12'];
const SEARCH = ['10.2.3.11', '10.2.3.12'];
const INVENTORY = ['10.2.6.11', '10.2.6.12'];
const [LOGIN, PAYMENTS] = ['10.2.4.11', '10.2.5.11'];
const ADDRESSES = [DNS, ...CLIENTS, ...OLD_CART, ...CHECKOUT, ...SEARCH, ...INVENTORY, LOGIN, PAYMENTS];

/** Of its own: network, and processes, so that nothing outlives the recording. */
const NAMESPACES = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Paths that clients ask for, how often a second, at which gateway. */
const TRAFFIC = [
  { path: '/cart/items', perSecond: 9, port: 80 },
  { path: '/checkout/session', perSecond: 5, port: 80 },
  { path: '/search?q=shoes', perSecond: 5, port: 80 },
  { path: '/login', perSecond: 2, port: 80 },
  { path: '/payments/authorize', perSecond: 2, port: 80 },
  { path: '/inventory/42', perSecond: 4, port: 8080 },
];

if (process.env.IN_NAMESPACE === undefined) {
  const { status } = spawnSync('unshare', [...NAMESPACES, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, IN_NAMESPACE: '1' },
  });
  process.exit(status ?? 1);
}

const ip = (...args: string[]) => execFileSync('ip', args);
const addAddress = (address: string) => ip('address', 'add', `${address}/32`, 'dev', 'lo');
ip('link', 'set', 'lo', 'up');
ADDRESSES.forEach(addAddress);
// A pod network as Calico routes it: an address that no pod has is unreachable at once.
ip('route', 'add', 'unreachable', '10.2.0.0/16');
// Connection tracking begins with the first rule that needs it.
execFileSync('iptables', ['-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'ACCEPT']);

const mode = { search: 'ok', login: 'ok', inventory: 'ok', dns: 'ok' };
const pods = new Map<string, Server>();

/** One pod: an HTTP server on its own address that answers as the mode of its service says. */
async function startPod(address: string, service: string): Promise<void> {
  const server = createServer((incoming, answer) => {
    const how = (mode as Record<string, string>)[service];
    setTimeout(
      () => {
        if (how === 'crash') incoming.socket.destroy();
        else if (how === 'half') {
          answer.writeHead(200, { 'content-length': 1000 });
          answer.write('{"results":[');
          setTimeout(() => incoming.socket.destroy(), 20);
        } else if (how === 'big') answer.writeHead(200, { 'set-cookie': `session=${'a'.repeat(6000)}` }).end();
        else if (how !== 'slow') answer.end('ok');
      },
      20 + Math.random() * 120,
    );
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  server.on('stop', () => {
    for (const socket of sockets) socket.destroy();
  });
  server.listen(8080, address);
  await once(server, 'listening');
  pods.set(address, server);
}

/** Its process ends at once, requests in flight included. */
function stopPod(address: string): void {
  pods.get(address)?.close();
  pods.get(address)?.emit('stop');
}

/** The pod's address leaves the node. */
const removeAddress = (address: string) => ip('address', 'del', `${address}/32`, 'dev', 'lo');

function startDns(): void {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    if (mode.dns === 'ok') {
      const end = query.indexOf(0, 12) + 5;
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...PAYMENTS.split('.').map(Number)]);
      const answer = Buffer.concat([query.subarray(0, end), record]);
      answer.writeUInt16BE(0x8180, 2);
      answer.writeUInt16BE(1, 6);
      answer.writeUInt16BE(0, 10);
      socket.send(answer, from.port, from.address);
    } else {
      const answer = Buffer.from(query);
      answer.writeUInt16BE(0x8183, 2);
      socket.send(answer, from.port, from.address);
    }
  });
  socket.bind(53, DNS);
}

/** Both pods of checkout in a process that can be stopped while the kernel goes on queueing for it. */
async function startCheckout() {
  const code = `const {createServer} = require('node:http');
    for (const host of ${JSON.stringify(CHECKOUT)}) createServer((_, answer) => setTimeout(() => answer.end('ok'), 60)).listen({ host, port: 8080, backlog: 8 });
    console.log('up')`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

function nginxConfig(cart: readonly string[]): string {
  const servers = (addresses: readonly string[], extra = '') =>
    addresses.map((address) => `server ${address}:8080${extra};`).join(' ');
  return `
  proxy_connect_timeout 1s; proxy_read_timeout 2s; proxy_next_upstream off; proxy_buffer_size 4k;
  proxy_set_header Host $host;
  resolver ${DNS} ipv6=off valid=1s;
  upstream cart { ${servers(cart, ' max_fails=0')} }
  upstream checkout { ${servers(CHECKOUT, ' max_fails=0')} }
  upstream search { ${servers(SEARCH, ' max_fails=3 fail_timeout=3s')} }
  upstream login { ${servers([LOGIN])} }
  server {
    listen 80;
    server_name shop.example.com;
    location = /nginx-is-up { return 204; }
    location /cart { proxy_pass http://cart; }
    location /checkout { proxy_pass http://checkout; }
    location /search { proxy_pass http://search; }
    location /login { proxy_pass http://login; }
    location /payments { set $payments payments.partner.example; proxy_pass http://$payments:8080; }
  }`;
}

const frames = { errorLog: [] as Frame[], kernel: [] as Frame[], envoy: [] as Frame[] };
const stages: { atMs: number; done: string }[] = [];

console.log('starting the shop');
for (const address of OLD_CART) await startPod(address, 'cart');
for (const address of SEARCH) await startPod(address, 'search');
for (const address of INVENTORY) await startPod(address, 'inventory');
await startPod(LOGIN, 'login');
await startPod(PAYMENTS, 'payments');
startDns();
const checkout = await startCheckout();
const nginx = await startNginx({ name: 'edge', listen: 80, level: 'warn', http: nginxConfig(OLD_CART) });
const hosts = INVENTORY.map((address) => ({ address, port: 8080 }));
const envoy = await startEnvoy({
  listenPort: 8080,
  admin: { port: ADMIN_PORT },
  clusters: [{ name: 'inventory', hosts }],
  routes: [{ prefix: '/inventory', route: { cluster: 'inventory', timeout: '0.5s' } }],
});
const startedMs = performance.now();
const now = () => Math.round(performance.now() - startedMs);

function say(done: string): void {
  stages.push({ atMs: now(), done });
  console.log(`${String(now()).padStart(6)} ms  ${done}`);
}

type Act = () => unknown;
type Step = readonly [atMs: number, done: string, ...acts: Act[]];
const become =
  (service: keyof typeof mode, how: string): Act =>
  () => {
    mode[service] = how;
  };
const each =
  <T>(list: readonly T[], act: (one: T) => unknown): Act =>
  () =>
    Promise.all(list.map(act));

const SHOP_STORY: readonly Step[] = [
  [1500, 'rolling update of cart: pod 10.2.1.11 stops, its successor starts; nginx is not told', () => replace(0)],
  [2500, 'search crashes while it works on requests', become('search', 'crash')],
  [3000, 'the address 10.2.1.11 leaves the node', () => removeAddress(OLD_CART[0])],
  [4500, 'cart: pod 10.2.1.12 stops, its successor starts', () => replace(1)],
  [5500, 'search gets as far as half an answer before it crashes', become('search', 'half')],
  [6000, 'the address 10.2.1.12 leaves the node', () => removeAddress(OLD_CART[1])],
  [7500, 'cart: pod 10.2.1.13 stops, its successor starts; search works', () => replace(2), become('search', 'ok')],
  [9000, 'the address 10.2.1.13 leaves the node', () => removeAddress(OLD_CART[2])],
  [13_000, 'nginx is reloaded with the new addresses of cart', () => nginx.reload(nginxConfig(NEW_CART))],
  [17_000, 'checkout stops accepting connections (backlog 8)', () => checkout.kill('SIGSTOP')],
  [24_000, 'inventory, behind Envoy: both pods stop', each(INVENTORY, stopPod)],
  [32_000, 'checkout works again', () => checkout.kill('SIGCONT')],
  [34_000, 'inventory: both pods are back', each(INVENTORY, (address) => startPod(address, 'inventory'))],
  [38_000, 'the DNS server does not know payments.partner.example any more', become('dns', 'nxdomain')],
  [44_000, 'DNS works; login sends a session cookie of 6 kB', become('dns', 'ok'), become('login', 'big')],
  [50_000, 'login works; both pods of search stop', become('login', 'ok'), each(SEARCH, stopPod)],
  [54_000, 'inventory answers nothing', become('inventory', 'slow')],
  [58_000, 'search is back', each(SEARCH, (address) => startPod(address, 'search'))],
  [63_000, 'inventory answers again: all is well', become('inventory', 'ok')],
];

async function replace(pod: number): Promise<void> {
  stopPod(OLD_CART[pod]);
  addAddress(NEW_CART[pod]);
  await startPod(NEW_CART[pod], 'cart');
}

function ask(port: number, path: string): void {
  const localAddress = CLIENTS[Math.floor(Math.random() * CLIENTS.length)];
  const headers = { host: 'shop.example.com' };
  request({ host: '127.0.0.1', port, path, agent: false, localAddress, headers }, (answer) => {
    answer.on('error', () => {});
    answer.resume();
  })
    .on('error', () => {})
    .end();
}

/** New bytes of the log, whole lines as nginx writes them. */
function followLog(): void {
  const fd = openSync(nginx.errorLog, 'r');
  const buffer = Buffer.alloc(1 << 20);
  // Not the start-up.
  let at = readFileSync(nginx.errorLog).length;
  setInterval(() => {
    const length = readSync(fd, buffer, 0, buffer.length, at);
    if (length === 0) return;
    at += length;
    frames.errorLog.push({ atMs: now(), name: 'error.log', bytes: Buffer.from(buffer.subarray(0, length)) });
  }, 10).unref();
  process.on('exit', () => closeSync(fd));
}

const lastKernel = new Map<string, string>();
function snapKernel(): void {
  for (const name of [...KERNEL_FILES, LIMIT_FILE]) {
    const bytes = readFileSync(`/proc/${name}`);
    if (lastKernel.get(name) === bytes.toString('latin1')) continue;
    lastKernel.set(name, bytes.toString('latin1'));
    frames.kernel.push({ atMs: now(), name, bytes });
  }
}

async function snapEnvoy(): Promise<void> {
  for (const [name, path] of Object.entries(ENVOY_ADMIN_REQUESTS)) {
    const answer = await fetch(`http://127.0.0.1:${ADMIN_PORT}${path}`);
    frames.envoy.push({ atMs: now(), name, bytes: Buffer.from(await answer.arrayBuffer()) });
  }
}

followLog();
snapKernel();
await snapEnvoy();
const timers = TRAFFIC.map(({ path, perSecond, port }) => setInterval(() => ask(port, path), 1000 / perSecond));
timers.push(
  setInterval(snapKernel, 1000),
  setInterval(() => void snapEnvoy(), 1000),
);
for (const [atMs, done, ...acts] of SHOP_STORY) {
  await delay(Math.max(0, atMs - now()));
  say(done);
  for (const act of acts) await act();
}
await delay(DURATION_MS - now());
for (const timer of timers) clearInterval(timer);
await delay(200);

const directory = process.argv[2] ?? 'recordings/incident';
const version = (program: string, flag: string) => {
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  // The last one: a path may hold another number.
  return (stdout + stderr).match(/\d+\.\d+\.\d+/g)?.at(-1) ?? 'unknown';
};
const programs = [
  `nginx ${version('nginx', '-v')}`,
  `Envoy ${version(findEnvoy() ?? 'envoy', '--version')}`,
  `Linux ${version('uname', '-r')}`,
];
const facts = { durationMs: DURATION_MS, recordedAt: new Date().toISOString(), programs, stages };
const pack = (list: readonly Frame[]) => Buffer.concat(list.map(formatFrame));
const compress = (data: Buffer) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
writeFileSync(`${directory}/recording.json`, `${JSON.stringify(facts, null, 2)}\n`);
writeFileSync(`${directory}/error-log.frames`, pack(frames.errorLog));
writeFileSync(`${directory}/kernel.frames.br`, compress(pack(frames.kernel)));
writeFileSync(`${directory}/envoy.frames.br`, compress(pack(frames.envoy)));
console.log(
  `${frames.errorLog.length} writes to the log, ${frames.kernel.length} kernel, ${frames.envoy.length} Envoy frames`,
);
await Promise.all([nginx.stop(), envoy.stop()]);
checkout.kill('SIGKILL');
process.exit(0);
