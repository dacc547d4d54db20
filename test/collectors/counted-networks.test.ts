import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { conntrack } from '../../src/collectors/conntrack.ts';
import { CountedNetworks } from '../../src/collectors/counted-networks.ts';
import { netstat } from '../../src/collectors/netstat.ts';
import type { NodeNetwork } from '../../src/contract/node.ts';
import type { Collector } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { testContext } from '../support/context.ts';
import { EvidenceSeen } from '../support/evidence-seen.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';

const createNetstat = await netstat.load();

const createConntrack = await conntrack.load();

const NETSTAT =
  'TcpExt: ListenOverflows ListenDrops TCPReqQFullDrop TCPReqQFullDoCookies SyncookiesSent\nTcpExt: 3 5 2 70 71\n';
const CONNTRACK = 'entries drop early_drop insert_failed\n0000000a 00000002 00000001 0000000f\n0000000a 1 0 1\n';

/** One of both collectors, over networks that the test makes: the node's (pid 1), ours (self), and pods'. */
function setting(t: TestContext, unit: 'netstat' | 'conntrack') {
  const proc = new FakeProc(t);
  const evidence = new EvidenceSeen();
  const seen: { networks: NodeNetwork[]; nowMs: number; lookMs: number } = { networks: [], nowMs: 5_000, lookMs: 0 };
  const clock = { now: () => seen.nowMs };
  const registry = new MetricRegistry(clock);
  const node = {
    look: () => Promise.resolve(lookOf({ networks: seen.networks, atMs: seen.lookMs })),
    markMoved: () => {},
  };
  const parts = { paths: { proc: proc.root, root: '' }, node, evidence, clock };
  const collector: Collector =
    unit === 'netstat'
      ? createNetstat(netstat.schema.parse({}), testContext(registry.writers(netstat.metrics), parts))
      : createConntrack(conntrack.schema.parse({}), testContext(registry.writers(conntrack.metrics), parts));
  const network = (pid: number | 'self', parts: Partial<NodeNetwork> = {}) => {
    const identity = openProcfs(proc.root).identity(`${pid}/net/netstat`) ?? null;
    const process = processOf({ pid: pid === 'self' ? 900 : pid, network: identity });
    return networkOf({ processes: [process], key: `net of ${pid}`, ...parts });
  };
  const add = (pid: string) =>
    proc.namespace(pid).write(`${pid}/net/netstat`, NETSTAT).write(`${pid}/net/stat/nf_conntrack`, CONNTRACK);
  const told = async () => {
    evidence.readings.length = 0;
    await collector.poll(new AbortController().signal);
    // Of net/snmp, which is not read of every network: a test of its own.
    return evidence.readings.map(({ network: { key }, counts: { attempt_failures: _, ...counts }, atMs }) => {
      return { key, counts, atMs };
    });
  };
  return { proc, seen, evidence, collector, network, add, told };
}

const EXPECTED = {
  netstat: { listen_overflows: 3, listen_drops: 5, syn_queue_drops: 2 },
  conntrack: { conntrack_drops: 3, conntrack_early_drops: 1, conntrack_insert_failures: 16 },
} as const;

for (const unit of ['netstat', 'conntrack'] as const) {
  test(`${unit}: every network that is read, also the node's, our own and those that are not published`, async (t) => {
    const { seen, network, add, told, collector } = setting(t, unit);
    for (const pid of ['1', 'self', '40', '50']) add(pid);
    seen.networks = [
      network(1, { kind: 'host' }),
      network('self', { kind: 'process' }),
      network(40, { isGateway: true, isRelevant: true }),
      network(50),
    ];
    const counts = EXPECTED[unit];
    const keys = ['net of 1', 'net of self', 'net of 40', 'net of 50'];
    assert.deepEqual(
      await told(),
      keys.map((key) => ({ key, counts, atMs: 5_000 })),
    );
    seen.nowMs = 7_000;
    assert.deepEqual(
      (await told()).map(({ atMs }) => atMs),
      [7_000, 7_000, 7_000, 7_000],
      'at every poll',
    );
    assert.equal(collector.answersDoubts, unit);
  });

  test(`${unit}: a network that has ended and a unit that stops are told once`, async (t) => {
    const { seen, evidence, network, add, told, collector } = setting(t, unit);
    for (const pid of ['1', '40', '50']) add(pid);
    seen.networks = [network(1, { kind: 'host' }), network(40), network(50)];
    await told();
    seen.networks = seen.networks.slice(0, 2);
    await told();
    const counters = [...Object.keys(EXPECTED[unit]), ...(unit === 'netstat' ? ['attempt_failures'] : [])];
    assert.deepEqual(evidence.forgotten, [{ network: 'net of 50', counters }]);
    await told();
    await collector.stop?.();
    assert.deepEqual(
      evidence.forgotten.map(({ network: key }) => key),
      ['net of 50', 'net of 1', 'net of 40'],
    );
    await told();
    assert.equal(evidence.readings.length, 2, 'it may be started again');
  });

  test(`${unit}: a pod that has come since the last look had counted nothing then`, async (t) => {
    const { seen, network, add, told, proc } = setting(t, unit);
    for (const pid of ['1', '40', '50', '60']) add(pid);
    const [host, first] = [network(1, { kind: 'host' }), network(40)];
    seen.networks = [host, first];
    await told();
    seen.lookMs = 4_000;
    seen.networks = [host, first, network(50), network(60, { kind: 'other' })];
    const counts = EXPECTED[unit];
    const zeros = Object.fromEntries(Object.keys(counts).map((counter) => [counter, 0]));
    const [, , ...fresh] = await told();
    assert.deepEqual(fresh, [
      { key: 'net of 50', counts: zeros, atMs: 0 },
      { key: 'net of 50', counts, atMs: 5_000 },
      { key: 'net of 60', counts, atMs: 5_000 },
    ]);
    assert.equal((await told()).length, 4, 'once');
    // Another network that has the number of one that was there: nobody knows what it had counted.
    seen.networks = [host, first];
    await told();
    seen.networks = [host, first, network(50, { key: 'another' })];
    assert.equal((await told()).length, 3);
    proc.remove('60');
  });

  test(`${unit}: a network that cannot be read this time is neither counted nor forgotten`, async (t) => {
    const { seen, evidence, network, add, told, proc } = setting(t, unit);
    for (const pid of ['1', '40']) add(pid);
    seen.networks = [network(1, { kind: 'host' }), network(40)];
    await told();
    proc.remove('40');
    assert.deepEqual(
      (await told()).map(({ key }) => key),
      ['net of 1'],
    );
    assert.deepEqual(evidence.forgotten, []);
  });
}

test('a counter that the kernel does not have is not told as 0', async (t) => {
  const { seen, network, add, told, proc } = setting(t, 'netstat');
  add('1');
  proc.write('1/net/netstat', 'TcpExt: ListenDrops\nTcpExt: 7\n');
  seen.networks = [network(1, { kind: 'host' })];
  assert.deepEqual(
    (await told()).map(({ counts }) => counts),
    [{ listen_drops: 7 }],
  );
});

test('a network that the look does not know is nobody’s', (t) => {
  const proc = new FakeProc(t).namespace('1');
  const evidence = new EvidenceSeen();
  const options = { proc: openProcfs(proc.root), evidence, clock: { now: () => 1 }, names: { listen_drops: 'x' } };
  const counted = new CountedNetworks(options);
  counted.begin(lookOf({ networks: [networkOf({})] }));
  counted.countIn('1/net', new Map([['x', 1]]));
  counted.countIn('2/net', new Map([['x', 1]]));
  assert.deepEqual(evidence.readings, []);
});

test('netstat: connections that could not be begun, of the networks whose net/snmp is read', async (t) => {
  const { seen, evidence, network, add, told, proc } = setting(t, 'netstat');
  for (const pid of ['1', '40', '50']) add(pid);
  proc.write('40/net/snmp', 'Tcp: ActiveOpens AttemptFails CurrEstab\nTcp: 9 4 1\n');
  seen.networks = [network(40, { isGateway: true, isRelevant: true }), network(50)];
  await told();
  assert.deepEqual(
    evidence.readings.map(({ network: { key }, counts }) => [key, counts.attempt_failures]),
    [
      ['net of 40', 4],
      ['net of 50', undefined],
    ],
  );
});
