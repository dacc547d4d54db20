import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { Badgateway, labelOf, type Samples } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout, skipWithoutRoot } from '../support/programs.ts';
import { openRefusing } from '../support/upstreams.ts';

const skip = netnsMissing() || skipWithout('nginx', 'setpriv');
const BACKEND_IP = '10.78.0.1';
const NOBODY = 65534;
const LISTENER = `require('net').createServer((socket) => socket.on('error', () => {}).resume())
  .listen({ port: 8080, host: process.argv[1], backlog: 4 }, () => console.log('ready'))`;
/** argv: address, port, how many connections. */
const CLIENT = `const [host, port, count] = process.argv.slice(1); console.log('asks');
  for (let i = 0; i < count; i++) require('net').connect(Number(port), host).on('error', () => {})`;

/** A real nginx in its namespace with an upstream in another one, whose queue is soon full. */
async function gatewayAndBackend(t: TestContext) {
  let nginx: (ChildProcess & { pid: number }) | undefined;
  // Before the namespace ends with its processes: a master that is killed leaves its workers behind.
  t.after(async () => {
    // A worker that is stopped does not end with its master.
    if (nginx !== undefined) for (const worker of workersOf(nginx.pid)) resume(worker);
    if (nginx?.kill('SIGTERM')) await once(nginx, 'exit');
  });
  const [backend, gateway] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: backend, address: `${BACKEND_IP}/24` }, { netns: gateway, address: '10.78.0.2/24' });
  const listener = await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP);
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-node-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  // The configuration and the log may be read by all, as those of a distribution.
  chmodSync(directory, 0o755);
  const conf = join(directory, 'edge.conf');
  writeFileSync(
    conf,
    `daemon off; user root; worker_processes 2; pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 128; }
     http { access_log off; upstream cart { server ${BACKEND_IP}:8080; }
            server { listen 127.0.0.1:8088 backlog=16; location / { proxy_pass http://cart; } } }`,
  );
  nginx = await gateway.start('sh', '-c', `echo up; exec nginx -c ${conf} -e ${directory}/error.log`);
  return { backend, gateway, listener, nginx, conf };
}

const kernelOverflows = (pid: number) =>
  parseNetstat(readFileSync(`/proc/${pid}/net/netstat`, 'utf8')).get('TcpExt.ListenOverflows') ?? Number.NaN;

/** The only sample of the family whose labels hold all of `parts`. */
function one(samples: Samples, family: string, ...parts: string[]): readonly [sample: string, value: number] {
  const found = [...samples].filter(
    ([name]) => name.startsWith(`badgateway_${family}{`) && parts.every((part) => name.includes(part)),
  );
  assert.equal(found.length, 1, `${family} ${parts}: ${found.join(' ')}`);
  return found[0];
}

const workersOf = (master: number) => (readMaster(openProcfs('/proc'), master)?.workers ?? []).map(({ pid }) => pid);

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

/** Asks until the kernel has counted overflows, and lets no SYN through any more. `from`: a process in the namespace that overflows. */
async function overflow(
  asking: Netns,
  { from, to, blocked }: { readonly from: number; readonly to: readonly string[]; readonly blocked: Netns },
): Promise<void> {
  const client = await asking.start(process.execPath, '-e', CLIENT, ...to, '40');
  const deadlineMs = Date.now() + 30_000;
  while (kernelOverflows(from) < 15) {
    assert.ok(Date.now() < deadlineMs, 'the queue does not overflow');
    await delay(20);
  }
  client.kill('SIGKILL');
  blocked.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', '-j', 'DROP');
}

test('the whole program as uid 65534 without a capability: evidence of other namespaces, and what is not permitted [ci]', {
  skip,
}, async (t) => {
  const { backend, gateway, listener, nginx, conf } = await gatewayAndBackend(t);
  const badgateway = await Badgateway.create();
  t.after(() => badgateway.dispose());
  Object.assign(badgateway, { prefix: asNobody(), owner: NOBODY });
  const often = { interval: '1s' };
  await badgateway.serve({
    collectors: {
      ...{
        nginx_config: { ...often, files: [{ path: conf, gateway: 'edge' }] },
        netstat: often,
        listeners: often,
        nginx_workers: often,
      },
      ...{ cgroups: often, conntrack: often, sockstat: often },
    },
  });
  const isBackendSeen = async () =>
    [...(await badgateway.scrape()).keys()].some(
      (name) =>
        name.startsWith('badgateway_listening{') && name.includes('port="8080"') && name.includes('scope="address"'),
    );
  await badgateway.until(isBackendSeen, 'the backend of the configuration is seen');
  const [backendSample] = one(await badgateway.scrape(), 'listening', 'port="8080"', 'scope="address"');
  const pod = `pod="${labelOf(backendSample, 'pod')}"`;

  listener.kill('SIGSTOP');
  await overflow(gateway, { from: listener.pid, to: [BACKEND_IP, '8080'], blocked: backend });
  const kernel = kernelOverflows(listener.pid);
  const shows = async () => one(await badgateway.scrape(), 'listen_overflows_total', pod)[1] === kernel;
  await badgateway.until(shows, `the series shows ${kernel}`);
  await badgateway.until(async () => one(await badgateway.scrape(), 'listen_queue_length', pod)[1] >= 5, 'the queue');

  const samples = await badgateway.scrape();
  assert.equal(one(samples, 'listening', 'port="8088"', 'scope="loopback"')[1], 1);
  assert.deepEqual(one(samples, 'listen_queue_limit', 'port="8088"', 'estimated="true"')[1], 16);
  assert.equal(one(samples, 'workers', 'gateway="edge"', 'state="running"')[1], 2);
  assert.ok(one(samples, 'worker_memory_bytes', 'gateway="edge"', 'state="running"', 'kind="rss"')[1] > 1e6);
  assert.ok(one(samples, 'worker_open_fds', 'gateway="edge"')[1] > 3);
  assert.equal(one(samples, 'worker_connections_limit', 'gateway="edge"')[1], 128);
  const states = [...samples].filter(([name, value]) => name.startsWith('badgateway_collector_state{') && value === 1);
  const state = Object.fromEntries(states.map(([name]) => [labelOf(name, 'collector'), labelOf(name, 'state')]));
  for (const name of ['netstat', 'conntrack', 'sockstat', 'listeners', 'nginx_workers'])
    assert.equal(state[name], 'ok', name);
  // It depends on the machine whether cgroups are mounted and nginx is in one of its own.
  assert.ok(['ok', 'absent'].includes(state.cgroups));

  // The gateway's own queue: its series moves, and the backend's stays.
  const workers = workersOf(nginx.pid);
  for (const worker of workers) process.kill(worker, 'SIGSTOP');
  await overflow(gateway, { from: nginx.pid, to: ['127.0.0.1', '8088'], blocked: gateway });
  const ownKernel = kernelOverflows(nginx.pid);
  const ownPod = `pod="${labelOf(one(samples, 'listening', 'port="8088"', 'scope="loopback"')[0], 'pod')}"`;
  const showsOwn = async () => one(await badgateway.scrape(), 'listen_overflows_total', ownPod)[1] === ownKernel;
  await badgateway.until(showsOwn, `the series of the gateway shows ${ownKernel}`);
  for (const worker of workers) resume(worker);
  assert.equal(one(await badgateway.scrape(), 'listen_overflows_total', pod)[1], kernel);

  // PSS needs CAP_SYS_PTRACE: no series and a word about it, never 0.
  assert.ok(![...samples.keys()].some((name) => name.includes('kind="pss"')));
  const { body } = await badgateway.get('/api/v1/status', { page: true });
  assert.match(body, /not permitted to read PSS \(smaps_rollup\)/);
  t.diagnostic(`states: ${JSON.stringify(state)}; nginx ${nginx.pid}`);
});

test('the name of its error log is the name of an nginx, beside another in another network [ci]', {
  skip: skipWithoutRoot() || skipWithout('nginx'),
}, async (t) => {
  const refusing = await openRefusing();
  const listen = await freePort();
  const nginx = await startNginx({
    listen,
    http: `upstream cart { server 127.0.0.1:${refusing.port}; }
      server { listen 127.0.0.1:${listen}; location = /nginx-is-up { return 204; } location / { proxy_pass http://cart; } }`,
  });
  const socket = join(nginx.directory, 'other.sock');
  const other = await startNginx({
    http: `server { listen unix:${socket}; return 204; }`,
    listen: socket,
    ...{ name: 'inside', namespace: [] },
  });
  const badgateway = await Badgateway.create();
  t.after(async () => {
    await badgateway.dispose();
    await other.stop();
    await nginx.stop();
    await refusing.close();
  });
  await badgateway.serve({ collectors: { nginx_error_log: { files: [{ path: nginx.errorLog, gateway: 'edge' }] } } });
  await askRawTimes(3, listen, { target: '/' });
  const samples = await badgateway.scrapeAfterLines(3);
  // Loopback is known to be of the node's network, because the nginx that is called so runs there.
  assert.equal(one(samples, 'failures_total', 'gateway="edge"', 'cause="not_listening"', 'upstream="cart"')[1], 3);
  for (const gateway of ['edge', 'inside']) {
    assert.equal(one(samples, 'gateway_config_files', `gateway="${gateway}"`)[1], 1);
    assert.equal(one(samples, 'workers', `gateway="${gateway}"`, 'state="running"')[1], 1);
    assert.ok(one(samples, 'upstreams_hash', `gateway="${gateway}"`)[1] > 0);
  }
});
