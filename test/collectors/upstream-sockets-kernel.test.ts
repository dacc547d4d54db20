import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { upstreamSockets } from '../../src/collectors/upstream-sockets.ts';
import type { SocketsSeen } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { skipWithout } from '../support/programs.ts';

const createUpstreamSockets = await upstreamSockets.load();

const skip = netnsMissing() || skipWithout('nginx');
/** Other nginx may run on the machine. */
const GATEWAY = `sockets-${process.pid}`;

/** Takes connections and never answers. */
const BACKEND = `let left = 2; for (const port of [8080, 9090])
  require('net').createServer((socket) => socket.on('error', () => {})).listen(port, () => --left || console.log('ready'))`;
/** Connects to each address and asks for a path. */
const CLIENT = `const sockets = process.argv.slice(1).map((ask) => { const [host, port, path] = ask.split(' ');
  return require('net').connect(port, host, function () { this.write('GET ' + path + ' HTTP/1.0\\r\\n\\r\\n'); }); });
  let left = sockets.length; for (const socket of sockets) socket.on('error', () => {}).on('connect', () => --left || console.log('sent'))`;

const conf = (directory: string) => `daemon off; user nobody nogroup; worker_processes 2; pid ${directory}/pid;
  error_log ${directory}/error.log; events {}
  http { access_log off; proxy_connect_timeout 60s;
    upstream slow { server 10.77.0.2:8080; } upstream dead { server 10.99.0.99:8080; }
    server { listen [::]:80 ipv6only=off;
      location /slow { proxy_pass http://slow; } location /dead { proxy_pass http://dead; } } }`;

/** A real nginx in the namespace, up when a client of its own gets a connection; ended before the namespace is. */
async function startNginx(t: TestContext, netns: Netns): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-sockets-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const config = join(directory, `${GATEWAY}.conf`);
  writeFileSync(config, conf(directory));
  // It says nothing itself.
  const nginx = await netns.start('sh', '-c', `echo starts; exec nginx -c ${config} -e ${directory}/error.log`);
  return async () => {
    nginx.kill('SIGTERM');
    if (nginx.exitCode === null && nginx.signalCode === null) await once(nginx, 'exit');
  };
}

/** Polls until `isEnough`, for ten seconds at most; what was told of our gateway, each once. */
async function collect(isEnough: (told: ReadonlySet<string>) => boolean): Promise<string[]> {
  const told = new Set<string>();
  const tell = (_: string, { gateway }: { gateway: string }, { ip, port }: { ip: string; port: number }) => {
    if (gateway === GATEWAY) told.add(`${ip} ${port}`);
  };
  const registry = new MetricRegistry({ now: () => Date.now() });
  const addresses = { used: tell, held: tell, looked: () => {} };
  const context = testContext(registry.writers(upstreamSockets.metrics), { addresses });
  const collector = createUpstreamSockets(upstreamSockets.schema.parse({}), context);
  for (const endMs = Date.now() + 10_000; Date.now() < endMs && !isEnough(told); await delay(50))
    await collector.poll(new AbortController().signal);
  await collector.poll(new AbortController().signal);
  return [...told].sort();
}

test('a real nginx in a network namespace: its backends, also one that does not answer, and nothing else', {
  skip,
}, async (t) => {
  const [gateway, others] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: gateway, address: '10.77.0.1/24' }, { netns: others, address: '10.77.0.2/24' });
  // The other side does not forward: SYNs get no answer.
  gateway.run('ip', 'route', 'add', '10.99.0.0/24', 'via', '10.77.0.2');
  await others.start(process.execPath, '-e', BACKEND);
  const stop = await startNginx(t, gateway);
  try {
    const asks = ['10.77.0.1 80 /slow', '10.77.0.1 80 /dead'];
    await untilUp(others);
    await others.start(process.execPath, '-e', CLIENT, ...asks);
    // Of root, in the gateway's namespace: not nginx's worker.
    await gateway.start(process.execPath, '-e', CLIENT, '10.77.0.2 9090 /');
    const told = await collect((seen) => seen.size >= 2);
    assert.deepEqual(told, ['10.77.0.2 8080', '10.99.0.99 8080']);
  } finally {
    await stop();
  }
});

/** Connects so often, one after another, and closes each first. */
const CHURN = `const [host, count] = process.argv.slice(1); let left = Number(count);
  const next = () => { if (left-- === 0) return console.log('done'); const s = require('net').connect(8080, host, () => s.end()); s.on('close', next); };
  next(); setInterval(() => {}, 1000);`;
/** Takes connections and ends with the other side. */
const POLITE = `require('net').createServer((socket) => socket.resume()).listen(8080, () => console.log('ready'))`;

test('ports that wait for their time after connections were closed count towards their address', {
  skip,
}, async (t) => {
  const [gateway, others] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: gateway, address: '10.77.0.1/24' }, { netns: others, address: '10.77.0.2/24' });
  await others.start(process.execPath, '-e', POLITE);
  const stop = await startNginx(t, gateway);
  try {
    await untilUp(others);
    await gateway.start(process.execPath, '-e', CHURN, '10.77.0.2', '25');
    let looks: SocketsSeen[] = [];
    const towards = () => looks.flatMap(({ peers }) => peers).find(({ ip }) => ip === '10.77.0.2');
    const addresses = { used: () => {}, held: () => {}, looked: () => {} };
    const counted = (_: string, seen: SocketsSeen | null) => {
      if (seen?.subject.gateway === GATEWAY) looks = [seen];
    };
    const registry = new MetricRegistry({ now: () => Date.now() });
    const context = testContext(registry.writers(upstreamSockets.metrics), { addresses: { ...addresses, counted } });
    const collector = createUpstreamSockets(upstreamSockets.schema.parse({}), context);
    const waiting = () =>
      gateway.run('ss', '-Htan', 'state', 'time-wait', 'dst', '10.77.0.2').trim().split('\n').length;
    for (const endMs = Date.now() + 20_000; Date.now() < endMs && (towards()?.timeWait ?? 0) < 24; await delay(50))
      await collector.poll(new AbortController().signal);
    await collector.poll(new AbortController().signal);
    const { lowest = 0, highest = 0, ...counts } = towards() ?? {};
    assert.deepEqual(counts, { ip: '10.77.0.2', port: 8080, active: 0, timeWait: waiting() });
    // Where both sides end at the same moment the other one may wait.
    assert.ok(counts.timeWait! >= 24);
    // The kernel takes every second port first.
    assert.ok(highest - lowest >= 46, `${lowest} to ${highest}`);
    assert.equal(looks[0].localPorts, null, 'of another network');
  } finally {
    await stop();
  }
});

const PROBE = `require('net').connect(80, '10.77.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`;

async function untilUp(netns: Netns): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      netns.run(process.execPath, '-e', PROBE);
      return;
    } catch (error) {
      if (left === 0) throw error;
      await delay(50);
    }
  }
}
