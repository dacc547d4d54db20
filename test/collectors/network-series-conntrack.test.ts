import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KernelCounter } from '../../src/contract/evidence.ts';
import { parseConntrackStats } from '../../src/parse/conntrack.ts';
import { Netns } from '../support/netns.ts';
import { labelsOf, NetworksWatch } from '../support/networks-watch.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout } from '../support/programs.ts';
import { BACKEND_IP, CLIENT, connected, counters, LISTENER, skip, until, withClient } from './kernel-networks.ts';

const WATCH = fileURLToPath(new URL('../support/networks-watch.ts', import.meta.url));
const conntrackOf = (pid: number) => parseConntrackStats(readFileSync(`/proc/${pid}/net/stat/nf_conntrack`, 'utf8'));

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

/** The limit is the whole machine's: it is only lowered where nothing is tracked that would suffer. */
function conntrackInUse(): string | false {
  if (skip) return skip;
  const entries = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8'));
  return entries > 50 && `${entries} connections of this machine are tracked`;
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
