import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { labelsOf, NetworksWatch } from '../support/networks-watch.ts';
import { skipWithout } from '../support/programs.ts';
import { BACKEND_IP, connected, counters, LISTENER, skip, until, withClient } from './kernel-networks.ts';

const HOST = '{namespace="",pod="",netns="host"}';

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
