import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listeners } from '../../src/collectors/listeners.ts';
import type { ListenersSeen } from '../../src/contract/listener.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { testContext } from '../support/context.ts';
import { freePort } from '../support/freeport.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';

const createListeners = await listeners.load();

/** Listens on port 8080 of all addresses; at SIGUSR2 it closes it and listens on 8081. */
const SERVER = `const net = require('net'); const server = net.createServer().listen(8080, '0.0.0.0', () => console.log('ready'));
  process.on('SIGUSR2', () => server.close(() => net.createServer().listen(8081, '0.0.0.0', () => console.log('moved'))));`;

/** The collector over what this process sees of the machine. */
class Watch {
  readonly seen = new Map<string, ListenersSeen | null>();
  wanted: ReadonlySet<string> = new Set();
  looks = 0;
  laterMs = 0;
  readonly #node: NodeWatch;
  readonly #poll;

  constructor() {
    const clock = { now: () => Date.now() + this.laterMs };
    const paths = { proc: '/proc', root: '' };
    // Any, so that addresses are read.
    const upstreams = new Set(['10.60.255.9']);
    this.#node = new NodeWatch({ paths: () => paths, clock, upstreamAddresses: () => upstreams });
    const registry = new MetricRegistry(clock);
    const look = (maxAgeMs: number) => {
      if (maxAgeMs === 0) this.looks++;
      return this.#node.look(maxAgeMs);
    };
    const context = testContext(registry.writers(listeners.metrics), {
      ...{ clock, paths, node: { look, markMoved: () => {} } },
      listeners: { listening: (key, seen) => void this.seen.set(key, seen), wanted: () => this.wanted },
    });
    const collector = createListeners(listeners.schema.parse({ interval: '15s' }), context);
    this.#poll = () => collector.poll(new AbortController().signal);
  }

  /** So much later than the last time. */
  async poll(ms: number): Promise<void> {
    this.laterMs += ms;
    await this.#poll();
  }

  /** What is said of the network of a process; undefined: nothing. */
  async of(pid: number): Promise<ListenersSeen | null | undefined> {
    const { networks } = await this.#node.look(60_000);
    const network = networks.find(({ processes }) => processes.some((one) => one.pid === pid));
    return network && this.seen.get(network.key);
  }
}

const portsOf = (seen: ListenersSeen | null | undefined) =>
  seen?.sockets.map(({ ip, port }) => `${ip}:${port}`).sort() ?? null;

/** Two joined namespaces; the first has `10.60.x.1`. */
function joined(t: TestContext, net: number): { readonly netns: Netns; readonly ip: string } {
  const [netns, other] = [new Netns(t), new Netns(t)];
  const prefix = `10.60.${(process.pid + net) % 250}`;
  Netns.connect({ netns, address: `${prefix}.1/24` }, { netns: other, address: `${prefix}.2/24` });
  return { netns, ip: `${prefix}.1` };
}

test('a backend that has just come, and one that has moved to another port: a verdict that waits hears it', {
  skip: netnsMissing(),
}, async (t) => {
  const watch = new Watch();
  watch.wanted = new Set(['10.60.255.9']);
  await watch.poll(15_000);
  const { netns, ip } = joined(t, 0);
  const server = await netns.start(process.execPath, '-e', SERVER);
  watch.looks = 0;
  watch.wanted = new Set([ip]);
  await watch.poll(6_000);
  assert.equal(watch.looks, 1, 'no network that was known has it');
  assert.deepEqual(portsOf(await watch.of(server.pid)), ['0.0.0.0:8080']);

  const moved = new Promise((resolve) => server.stdout!.once('data', resolve));
  server.kill('SIGUSR2');
  await moved;
  await watch.poll(2_000);
  const seen = await watch.of(server.pid);
  assert.deepEqual(portsOf(seen), ['0.0.0.0:8081'], 'as many sockets as before, another port');
  assert.deepEqual([seen?.isWhole, seen?.isTableWhole, seen?.ips.includes(ip)], [true, true, true]);
  assert.equal(watch.looks, 1);
});

test('a gateway beside badgateway, without namespaces: its own loopback, where nothing listens on the port of its upstream', {
  skip: skipWithout('nginx'),
}, async (t) => {
  const [port, empty] = [await freePort(), await freePort()];
  const nginx = await startNginx({
    http: `server { listen 127.0.0.1:${port}; location = /up { return 200; } location / { proxy_pass http://127.0.0.1:${empty}; } }`,
    listen: port,
  });
  t.after(() => nginx.stop());
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 502);
  const watch = new Watch();
  watch.wanted = new Set(['127.0.0.1']);
  await watch.poll(15_000);
  const rounds = await watch.of(nginx.pid);
  assert.equal(rounds?.isTableWhole, true);
  assert.ok(portsOf(rounds)?.includes(`127.0.0.1:${port}`), `${portsOf(rounds)}`);
  assert.deepEqual(
    rounds?.sockets.filter((socket) => socket.port === empty),
    [],
  );
  // And between two rounds.
  watch.seen.clear();
  await watch.poll(2_000);
  const hurried = await watch.of(nginx.pid);
  assert.ok(hurried && rounds && hurried.atMs > rounds.atMs);
  assert.ok(portsOf(hurried)?.includes(`127.0.0.1:${port}`));
});

test('a gateway in a pod: loopback sockets of its own network', {
  skip: netnsMissing() || skipWithout('nginx'),
}, async (t) => {
  const socket = join(tmpdir(), `listeners-wanted-${process.pid}`);
  const http = `server { listen unix:${socket}; listen 127.0.0.1:8080; return 200; }`;
  const nginx = await startNginx({ http, namespace: [], listen: socket });
  t.after(async () => {
    await nginx.stop();
    rmSync(socket, { force: true });
  });
  const watch = new Watch();
  await watch.poll(15_000);
  assert.deepEqual(portsOf(await watch.of(nginx.pid)), ['127.0.0.1:8080']);
});
