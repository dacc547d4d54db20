import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CONNTRACK_ENTRY_BYTES } from '../../src/capacity/conntrack-memory.ts';
import { parseConntrackStats } from '../../src/parse/conntrack.ts';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { Netns, netnsMissing } from '../support/netns.ts';

const RUN_COLLECTOR = fileURLToPath(new URL('../support/run-collector.ts', import.meta.url));
const skip = netnsMissing();

/** A listener that says when it listens; connections stay open. */
const LISTENER = `require('net').createServer(() => {})
  .listen({ port: 8080, host: '127.0.0.1', backlog: Number(process.argv[1]) }, () => console.log('ready'))`;
/** Opens so many connections, waits, says how many were established, and ends, so that no SYN is sent any more. */
const CLIENT = `let open = 0; const [count, waitMs] = process.argv.slice(1).map(Number);
  for (let i = 0; i < count; i++) require('net').connect(8080, '127.0.0.1', () => open++).on('error', () => {});
  setTimeout(() => { console.log(open); process.exit(); }, waitMs)`;

interface Seen {
  readonly outcome: { readonly state: string; readonly detail: string };
  readonly samples: readonly string[];
}

/** What the collector shows when badgateway runs inside the namespace. */
function collect(netns: Netns, collector: string) {
  const { outcome, samples }: Seen = JSON.parse(netns.run(process.execPath, RUN_COLLECTOR, collector));
  assert.equal(outcome.state, 'ok', outcome.detail);
  return (family: string, name: 'host' | 'process') => {
    const sample = samples.find((line) => line.startsWith(`badgateway_${family}{namespace="",pod="",netns="${name}"}`));
    assert.ok(sample, `${family} of ${name} is shown`);
    return Number(sample.split(' ').pop());
  };
}

const kernelOverflows = (pid: number | string) =>
  parseNetstat(readFileSync(`/proc/${pid}/net/netstat`, 'utf8')).get('TcpExt.ListenOverflows') ?? Number.NaN;

test("a listen overflow is counted in its namespace, and not in the node's [ci]", { skip }, async (t: TestContext) => {
  const netns = new Netns(t);
  const listener = await netns.start(process.execPath, '-e', LISTENER, '4');
  listener.kill('SIGSTOP');
  const before = collect(netns, 'netstat');
  assert.equal(before('listen_overflows_total', 'process'), 0);
  const hostBefore = kernelOverflows(1);

  const established = Number(netns.run(process.execPath, '-e', CLIENT, '20', '1500'));
  assert.equal(established, 5, 'a backlog of 4 holds 5');

  const kernel = kernelOverflows(listener.pid);
  const after = collect(netns, 'netstat');
  // Fifteen SYNs found the queue full, and their retransmits again.
  assert.ok(kernel >= 15, `the kernel counted ${kernel}`);
  assert.equal(after('listen_overflows_total', 'process'), kernel);
  assert.equal(after('listen_drops_total', 'process'), kernel);
  assert.ok(after('syn_retransmits_total', 'process') >= 15);
  assert.ok(after('listen_overflows_total', 'host') >= hostBefore);
  // Another test's traffic may move the node's own counter meanwhile: none of the namespace's is in it as long as it says what the kernel says.
  assert.ok(after('listen_overflows_total', 'host') <= kernelOverflows(1));
  t.diagnostic(`ListenOverflows: kernel +${kernel}, collector +${kernel}, host as the kernel says`);
});

test('a conntrack drop: SNAT ports used up [ci]', { skip }, async (t: TestContext) => {
  const netns = new Netns(t);
  const ports = 4;
  const snat = ['-p', 'tcp', '--dport', '8080', '-j', 'SNAT', '--to-source', `127.0.0.1:40000-${40000 + ports - 1}`];
  netns.run('iptables', '-t', 'nat', '-A', 'POSTROUTING', ...snat);
  const listener = await netns.start(process.execPath, '-e', LISTENER, '64');
  const before = collect(netns, 'conntrack');
  assert.equal(before('conntrack_drops_total', 'process'), 0);

  const established = Number(netns.run(process.execPath, '-e', CLIENT, '10', '800'));
  assert.equal(established, ports, 'one connection a port');

  const { totals } = parseConntrackStats(readFileSync(`/proc/${listener.pid}/net/stat/nf_conntrack`, 'utf8'));
  const after = collect(netns, 'conntrack');
  assert.ok(totals.get('drop')! >= 10 - ports, `the kernel counted ${totals.get('drop')}`);
  assert.equal(after('conntrack_drops_total', 'process'), totals.get('drop'));
  assert.equal(after('conntrack_insert_failures_total', 'process'), totals.get('insert_failed'));
  assert.ok(after('conntrack_entries', 'process') >= ports);
  assert.equal(
    after('conntrack_entries_limit', 'process'),
    Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8')),
  );
  assert.equal(after('conntrack_drops_total', 'host'), before('conntrack_drops_total', 'host'));
  t.diagnostic(
    `drop: kernel +${totals.get('drop')}, insert_failed +${totals.get('insert_failed')}, collector equal, host +0`,
  );
});

test('a tracked connection takes the memory of the kernel that is reckoned with [ci]', { skip }, (t: TestContext) => {
  const [, size] = /^nf_conntrack +\d+ +\d+ +(\d+)/m.exec(readFileSync('/proc/slabinfo', 'utf8')) ?? [];
  t.diagnostic(`an object of the slab nf_conntrack: ${size} B`);
  // The rest is for the extensions, which are of a slab that others use.
  const rest = CONNTRACK_ENTRY_BYTES - Number(size);
  assert.ok(rest >= 0 && rest <= 128, `${size} B of ${CONNTRACK_ENTRY_BYTES}`);
});

test('two namespaces joined by a veth pair: the overflow shows where the listener is [ci]', {
  skip,
}, async (t: TestContext) => {
  const [server, client] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: server, address: '10.77.0.1/24' }, { netns: client, address: '10.77.0.2/24' });
  const listener = await server.start(process.execPath, '-e', LISTENER.replace('127.0.0.1', '10.77.0.1'), '4');
  listener.kill('SIGSTOP');
  client.run(process.execPath, '-e', CLIENT.replace('127.0.0.1', '10.77.0.1'), '20', '1500');

  const [there, here] = [collect(server, 'netstat'), collect(client, 'netstat')];
  assert.equal(there('listen_overflows_total', 'process'), kernelOverflows(listener.pid));
  assert.ok(there('listen_overflows_total', 'process') >= 15);
  assert.equal(here('listen_overflows_total', 'process'), 0);
  assert.ok(here('syn_retransmits_total', 'process') >= 15, 'the client sends its SYNs again');
});
