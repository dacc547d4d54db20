import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KernelCounter } from '../../src/contract/evidence.ts';
import { parseConntrackStats } from '../../src/parse/conntrack.ts';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { labelsOf, NetworksWatch } from '../support/networks-watch.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout } from '../support/programs.ts';

const WATCH = fileURLToPath(new URL('../support/networks-watch.ts', import.meta.url));
const HOST = '{namespace="",pod="",netns="host"}';
const BACKEND_IP = '10.77.0.1';
const skip = netnsMissing();

/** A listener that says when it listens; connections stay open. argv: address, backlog. */
const LISTENER = `require('net').createServer((socket) => socket.on('error', () => {}).resume())
  .listen({ port: 8080, host: process.argv[1], backlog: Number(process.argv[2]) }, () => console.log('ready'))`;
/** Opens so many connections, says so, and ends when it is told to. argv: address, port, count, request. */
const CLIENT = `const [host, port, count, request = ''] = process.argv.slice(1);
  for (let i = 0; i < count; i++) require('net').connect(Number(port), host, function () { this.write(request); }).on('error', () => {}).resume();
  setTimeout(() => console.log('asked'), 300); process.stdin.resume().on('end', () => process.exit());`;

const counters = (pid: number | string) =>
  parseNetstat(['netstat', 'snmp'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')).join(''));
const conntrackOf = (pid: number) => parseConntrackStats(readFileSync(`/proc/${pid}/net/stat/nf_conntrack`, 'utf8'));

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const endMs = Date.now() + 30_000; !(await holds()); await delay(50))
    if (Date.now() > endMs) throw new Error(`not within 30 s: ${holds}`);
}

/** A backend at 10.77.0.1 and clients of it in another namespace. */
function connected(t: TestContext): { backend: Netns; clients: Netns } {
  const [backend, clients] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: backend, address: `${BACKEND_IP}/24` }, { netns: clients, address: '10.77.0.2/24' });
  return { backend, clients };
}

/** Runs the client until `holds`, and ends it, so that no SYN is sent any more. */
async function withClient(netns: Netns, args: readonly string[], holds: () => boolean): Promise<void> {
  const client = await netns.start(process.execPath, '-e', CLIENT, ...args);
  await until(holds);
  client.kill('SIGKILL');
}

test("a backend's overflow: its series moves by the kernel's count, those of the gateway and of the node stay", {
  skip: skip || skipWithout('nginx'),
}, async (t) => {
  const { backend, clients: gateway } = connected(t);
  const listener = await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP, '4');
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-networks-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const conf = join(directory, 'nginx.conf');
  writeFileSync(
    conf,
    `daemon off; master_process off; user root; pid ${directory}/pid; error_log ${directory}/error.log; events {}
     http { access_log off; server { listen 127.0.0.1:80; location / { proxy_pass http://${BACKEND_IP}:8080; } } }`,
  );
  const nginx = await gateway.start('sh', '-c', `echo up; exec nginx -c ${conf} -e ${directory}/error.log`);
  const watch = new NetworksWatch([BACKEND_IP]);
  await until(async () =>
    (await watch.node.look(0)).networks.some((one) => one.isGateway && one.processes[0].pid === nginx.pid),
  );
  const [there, here] = [await labelsOf(watch, listener.pid), await labelsOf(watch, nginx.pid)];
  for (const outcome of await watch.poll()) assert.equal(outcome.state, 'ok', outcome.detail);
  const before = await watch.scrape();
  assert.equal(before.get(`badgateway_listen_overflows_total${there}`), 0);
  assert.equal(before.get(`badgateway_listen_overflows_total${here}`), 0);

  listener.kill('SIGSTOP');
  const overflows = () => counters(listener.pid).get('TcpExt.ListenOverflows') ?? 0;
  const request = 'GET / HTTP/1.0\r\n\r\n';
  await withClient(gateway, ['127.0.0.1', '80', '20', request], () => overflows() >= 30);
  // The kernel counts no more from here on, though nginx sends its SYNs again.
  backend.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', '-j', 'DROP');
  const kernel = overflows();
  await watch.poll();
  const after = await watch.scrape();
  assert.ok(kernel >= 30, `the kernel counted ${kernel}`);
  assert.equal(after.get(`badgateway_listen_overflows_total${there}`), kernel);
  assert.equal(after.get(`badgateway_listen_drops_total${there}`), kernel);
  assert.equal(after.get(`badgateway_listen_overflows_total${here}`), 0);
  assert.ok((after.get(`badgateway_syn_retransmits_total${here}`) ?? 0) >= 1, 'the gateway sends its SYNs again');
  const host = `badgateway_listen_overflows_total${HOST}`;
  assert.equal(after.get(host), before.get(host));
  t.diagnostic(`ListenOverflows: kernel +${kernel}, series +${kernel}, gateway +0, node +0`);
});

test('an overflow in a pod that nobody knows: its series begin with what it counted before, and stay while it lives', {
  skip,
}, async (t) => {
  const { backend, clients } = connected(t);
  const listener = await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP, '4');
  const watch = new NetworksWatch([]);
  await watch.poll();
  const series = `badgateway_listen_overflows_total${await labelsOf(watch, listener.pid)}`;
  assert.equal((await watch.scrape()).get(series), undefined);

  listener.kill('SIGSTOP');
  const overflows = () => counters(listener.pid).get('TcpExt.ListenOverflows') ?? 0;
  await withClient(clients, [BACKEND_IP, '8080', '20'], () => overflows() >= 15);
  backend.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', '-j', 'DROP');
  let first: number | undefined;
  await until(async () => {
    await watch.poll();
    first = (await watch.scrape()).get(series);
    return first !== undefined;
  });
  assert.equal(first, 0, 'a scraper that reads no 0 first would see no increase');
  await watch.poll();
  assert.equal((await watch.scrape()).get(series), overflows());
  await watch.poll();
  assert.equal((await watch.scrape()).get(series), overflows());

  listener.kill('SIGKILL');
  await until(async () => {
    await watch.poll();
    return !(await watch.scrape()).has(series);
  });
});

test('evidence: the poll after an overflow tells the kernel’s delta, also of a pod whose series are not shown', {
  skip,
}, async (t) => {
  const { backend, clients } = connected(t);
  const listener = await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP, '4');
  const watch = new NetworksWatch([]);
  await watch.poll();
  await watch.poll();
  const last = (pid: number) => watch.evidence.of(pid, 'listen_overflows').at(-1)!;
  const [before, client] = [last(listener.pid), await clients.start('sh', '-c', 'echo up; read line')];
  assert.equal(before.value, 0);
  assert.equal(
    (await watch.scrape()).get(`badgateway_listen_overflows_total${await labelsOf(watch, listener.pid)}`),
    undefined,
  );

  listener.kill('SIGSTOP');
  const overflows = () => counters(listener.pid).get('TcpExt.ListenOverflows') ?? 0;
  await withClient(clients, [BACKEND_IP, '8080', '20'], () => overflows() >= 15);
  backend.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', '-j', 'DROP');
  const fromMs = Date.now();
  await watch.poll();
  const after = last(listener.pid);
  assert.equal(after.value, overflows());
  assert.ok(after.atMs >= fromMs && after.atMs <= Date.now());
  assert.ok(before.atMs < fromMs);
  const drops = watch.evidence.of(listener.pid, 'listen_drops').map(({ value }) => value);
  assert.equal(drops.at(-1), counters(listener.pid).get('TcpExt.ListenDrops'));
  assert.equal(last(client.pid).value, 0, 'the other side did not overflow');
  // The node's own is told too.
  const host = watch.evidence.readings.filter(({ network }) => network.kind === 'host');
  assert.equal(host.at(-1)?.network.identity, (await watch.node.look(0)).processes.get(process.pid)?.network);
  t.diagnostic(`ListenOverflows: kernel +${overflows()}, told ${after.value} after ${before.value}`);

  const { key } = watch.evidence.readings.find(({ network }) =>
    network.processes.some(({ pid }) => pid === listener.pid),
  )!.network;
  listener.kill('SIGKILL');
  await until(async () => {
    await watch.poll();
    return watch.evidence.forgotten.some(({ network }) => network === key);
  });
});

test('a full SYN queue, without and with SYN cookies', { skip }, async (t) => {
  const { backend, clients } = connected(t);
  const listener = await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP, '8');
  // Handshakes that never end.
  clients.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--tcp-flags', 'SYN,ACK', 'SYN,ACK', '-j', 'DROP');
  const watch = new NetworksWatch([BACKEND_IP]);
  const labels = await labelsOf(watch, listener.pid);
  const kernel = (name: string) => counters(listener.pid).get(`TcpExt.${name}`) ?? 0;
  const shown = async (name: string) => {
    await watch.poll();
    return (await watch.scrape()).get(`badgateway_${name}_total${labels}`);
  };
  for (const { cookies, moves, stays } of [
    {
      cookies: '0',
      moves: ['TCPReqQFullDrop', 'syn_queue_drops'],
      stays: ['TCPReqQFullDoCookies', 'syn_queue_cookies'],
    },
    {
      cookies: '1',
      moves: ['TCPReqQFullDoCookies', 'syn_queue_cookies'],
      stays: ['TCPReqQFullDrop', 'syn_queue_drops'],
    },
  ] as const) {
    backend.run('sysctl', '-qw', `net.ipv4.tcp_syncookies=${cookies}`);
    const before = [await shown(moves[1]), await shown(stays[1])];
    assert.deepEqual(before, [kernel(moves[0]), kernel(stays[0])]);
    await withClient(clients, [BACKEND_IP, '8080', '40'], () => kernel(moves[0]) >= 20);
    backend.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', '-j', 'DROP');
    assert.equal(await shown(moves[1]), kernel(moves[0]));
    assert.equal(await shown(stays[1]), before[1]);
    assert.equal(await shown('listen_overflows'), 0);
    assert.equal(watch.evidence.of(listener.pid, 'syn_queue_drops').at(-1)?.value, kernel('TCPReqQFullDrop'));
    t.diagnostic(`${moves[0]}: kernel ${kernel(moves[0])}, series the same; ${stays[0]} +0`);
    backend.run('iptables', '-F', 'INPUT');
  }
});

/** Settings of the whole machine; given back with the test. */
function conntrackSettings(t: TestContext): (name: 'max' | 'buckets', value: number) => void {
  const file = (name: string) => `/proc/sys/net/netfilter/nf_conntrack_${name}`;
  const [max, buckets] = ['max', 'buckets'].map((name) => readFileSync(file(name), 'utf8'));
  t.after(() => {
    writeFileSync(file('buckets'), buckets);
    writeFileSync(file('max'), max);
  });
  return (name, value) => writeFileSync(file(name), String(value));
}

test('connection tracking: ports of SNAT used up, then a full table that drops, then one that evicts', {
  skip: skip || conntrackInUse(),
}, async (t) => {
  const { backend, clients: gateway } = connected(t);
  await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP, '511');
  const snat = ['-p', 'tcp', '--dport', '8080', '-j', 'SNAT', '--to-source', '10.77.0.2:40000-40003'];
  gateway.run('iptables', '-t', 'nat', '-A', 'POSTROUTING', ...snat);
  const client = await gateway.start(process.execPath, '-e', CLIENT, BACKEND_IP, '8080', '10');
  const watch = new NetworksWatch([]);
  await watch.poll();
  const kernel = () => conntrackOf(client.pid);
  const total = (column: string) => kernel().totals.get(column) ?? 0;
  // Drops from before it was first seen do not make a namespace relevant: there must be more.
  await gateway.start(process.execPath, '-e', CLIENT, BACKEND_IP, '8080', '10');
  await watch.poll();
  const labels = await labelsOf(watch, client.pid);
  const shown = async (name: string) => {
    await watch.poll();
    await watch.scrape();
    await watch.poll();
    return (await watch.scrape()).get(`badgateway_conntrack_${name}${labels}`);
  };
  await until(async () => (await shown('insert_failures_total')) === total('insert_failed'));
  assert.ok(total('insert_failed') >= 12, `the kernel counted ${total('insert_failed')}`);
  assert.ok(((await shown('entries')) as number) >= 4);
  t.diagnostic(`insert_failed ${total('insert_failed')}, series the same`);

  gateway.run('iptables', '-A', 'OUTPUT', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'ACCEPT');
  gateway.run('iptables', '-t', 'nat', '-F', 'POSTROUTING');
  const set = conntrackSettings(t);
  set('max', 100);
  const dropped = total('drop');
  await withClient(gateway, [BACKEND_IP, '8080', '150'], () => total('drop') >= dropped + 20);
  await until(async () => (await shown('drops_total')) === total('drop'));
  assert.equal(await shown('entries_limit'), 100);
  t.diagnostic(`drop +${total('drop') - dropped}, series the same`);

  // Datagrams without an answer, in a table that is dense enough to find one to evict.
  set('buckets', 512);
  set('max', 2048);
  const evicted = total('early_drop');
  const send = `const socket = require('dgram').createSocket('udp4');
    for (let port = 20000; port < 24000; port++) socket.send('x', port, '${BACKEND_IP}'); setTimeout(() => process.exit(), 500);`;
  gateway.run(process.execPath, '-e', send);
  assert.ok(total('early_drop') > evicted, `the kernel counted ${total('early_drop')}`);
  assert.equal(await shown('early_drops_total'), total('early_drop'));
  const told = (counter: KernelCounter) => watch.evidence.of(client.pid, counter).at(-1)?.value;
  assert.equal(told('conntrack_early_drops'), total('early_drop'));
  assert.equal(told('conntrack_drops'), total('drop'));
  assert.equal(told('conntrack_insert_failures'), total('insert_failed'));
  t.diagnostic(`early_drop +${total('early_drop') - evicted}, series the same`);
});

/** The limit is the whole machine's: it is only lowered where nothing is tracked that would suffer. */
function conntrackInUse(): string | false {
  if (skip) return skip;
  const entries = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8'));
  return entries > 50 && `${entries} connections of this machine are tracked`;
}

test('without any privilege the same series are there', { skip: skip || skipWithout('setpriv') }, async (t) => {
  const { backend, clients } = connected(t);
  backend.run('iptables', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'ACCEPT');
  const listener = await backend.start(process.execPath, '-e', LISTENER, BACKEND_IP, '64');
  await clients.start(process.execPath, '-e', CLIENT, BACKEND_IP, '8080', '3');
  const labels = await labelsOf(new NetworksWatch([]), listener.pid);
  const seenBy = (command: readonly string[]) => {
    const [program, ...args] = [...command, process.execPath, WATCH, BACKEND_IP];
    const { outcomes, samples } = JSON.parse(execFileSync(program, args, { encoding: 'utf8', timeout: 30_000 }));
    assert.deepEqual(
      outcomes.map(({ state }: { state: string }) => state),
      ['ok', 'ok', 'ok'],
    );
    return new Map<string, number>(samples.filter(([name]: [string]) => name.endsWith(labels)));
  };
  const [root, nobody] = [seenBy(['env']), seenBy(asNobody())];
  assert.deepEqual([...nobody.keys()].sort(), [...root.keys()].sort());
  assert.equal(
    nobody.get(`badgateway_tcp_passive_opens_total${labels}`),
    counters(listener.pid).get('Tcp.PassiveOpens'),
  );
  assert.equal(nobody.get(`badgateway_conntrack_entries${labels}`), conntrackOf(listener.pid).entries);
  assert.ok((nobody.get(`badgateway_tcp_sockets_in_use${labels}`) ?? 0) >= 4);
  t.diagnostic(`${nobody.size} series as uid 65534 without capabilities`);
});

test('CLOSE_WAIT of a gateway: the clients are gone, nginx holds the sockets', {
  skip: skip || skipWithout('nginx'),
}, async (t) => {
  const netns = new Netns(t);
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-networks-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const conf = join(directory, 'nginx.conf');
  writeFileSync(
    conf,
    `daemon off; master_process off; user root; pid ${directory}/pid; error_log ${directory}/error.log; events {}
     http { access_log off; server { listen 127.0.0.1:80; } }`,
  );
  const nginx = await netns.start('sh', '-c', `echo up; exec nginx -c ${conf} -e ${directory}/error.log`);
  const watch = new NetworksWatch([]);
  await until(() => (readFileSync(`/proc/${nginx.pid}/net/tcp`, 'utf8').match(/ 0A /g) ?? []).length === 1);
  nginx.kill('SIGSTOP');
  const client = await netns.start(process.execPath, '-e', CLIENT, '127.0.0.1', '80', '3');
  client.kill('SIGKILL');
  await until(() => (readFileSync(`/proc/${nginx.pid}/net/tcp`, 'utf8').match(/ 08 /g) ?? []).length === 3);
  await watch.poll();
  const series = `badgateway_tcp_sockets_close_wait${await labelsOf(watch, nginx.pid)}`;
  assert.equal((await watch.scrape()).get(series), 3);
});
