import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { listeners } from '../../src/collectors/listeners.ts';
import type { GatewaySettings, ListenInUse } from '../../src/contract/gateway-settings.ts';
import type { ListenersSeen } from '../../src/contract/listener.ts';
import type { NodeNetwork, NodeProcess } from '../../src/contract/node.ts';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { TCP_ESTABLISHED, TCP_LISTEN } from '../../src/parse/tcp-sockets.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { testContext } from '../support/context.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';
import { HEADER, row } from '../support/tcp-rows.ts';

const createListeners = await listeners.load();

const NOW = 1_000_000;
const INTERVAL_MS = 15_000;
const SUBJECT = { namespace: 'edge', pod: 'gw-0', container: '', gateway: 'gw' };

/** `ip:port` each. */
function table(...listening: string[]): string {
  const rows = listening.map((text) => {
    const [local, port] = text.split(':');
    return row({ local, localPort: Number(port), remote: '0.0.0.0', remotePort: 0, state: TCP_LISTEN });
  });
  const other = { local: '10.0.0.1', localPort: 80, remote: '10.0.0.9', remotePort: 4000, state: TCP_ESTABLISHED };
  return `${[HEADER, ...rows, row(other)].join('\n')}\n`;
}

/** The collector with a /proc and a node that the test makes up; what cannot be provoked with real ones. */
class Rig {
  readonly fake: FakeProc;
  networks: NodeNetwork[] = [];
  /** What a look that may be old shows, when it is not the same. */
  known: NodeNetwork[] | undefined;
  wanted: ReadonlySet<string> = new Set();
  nowMs = NOW - INTERVAL_MS;
  /** How old the look may be, of each that was asked for. */
  readonly looks: number[] = [];
  settings: GatewaySettings[] = [];
  readonly reported = new Map<string, ListenersSeen | null>();
  readonly conditions = new Map<string, ConditionReport>();
  heard: (report: ConditionReport) => unknown = () => {};
  readonly collector;
  readonly #registry = new MetricRegistry({ now: () => NOW });

  constructor(t: TestContext, config: object = {}, root = '') {
    this.fake = new FakeProc(t);
    chmodSync(dirname(this.fake.root), 0o755);
    const context = testContext(this.#registry.writers(listeners.metrics), {
      node: { look: (maxAgeMs) => this.#look(maxAgeMs), markMoved: () => {} },
      settings: { report: () => {}, all: () => this.settings },
      listeners: { listening: (key, seen) => void this.reported.set(key, seen), wanted: () => this.wanted },
      conditions: {
        condition: (report) => {
          this.heard(report);
          this.conditions.set(report.condition, report);
        },
      },
      clock: { now: () => this.nowMs },
      paths: { proc: this.fake.root, root },
    });
    this.collector = createListeners(listeners.schema.parse(config), context);
  }

  /** A process with a network of its own. */
  process(pid: number, tcp: string, parts: Partial<NodeProcess> = {}): NodeProcess {
    this.fake.namespace(String(pid)).write(`${pid}/net/tcp`, tcp);
    this.fake.write(`${pid}/stat`, `${pid} (x) S 1 ${'0 '.repeat(17)}1000 0`);
    const network = openProcfs(this.fake.root).identity(`${pid}/net/netstat`)!;
    return processOf({ pid, network, ...parts });
  }

  /** An interval after the last one. */
  async poll() {
    this.nowMs += INTERVAL_MS;
    return await this.pollSoon();
  }

  async pollSoon() {
    return await this.collector.poll(new AbortController().signal);
  }

  /** Of now when it may not be older, else as old as may be. */
  #look(maxAgeMs: number) {
    this.looks.push(maxAgeMs);
    const networks = maxAgeMs === 0 ? this.networks : (this.known ?? this.networks);
    return Promise.resolve(lookOf({ networks, atMs: this.nowMs - maxAgeMs }));
  }

  async samples(name: string): Promise<string[]> {
    const text = (await this.#registry.render('text', 'test')).toString();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
    return lines.map((line) =>
      line
        .slice(name.length)
        .replace(/\w+="([^"]*)",?/g, '$1 ')
        .replace(/ ?[{}]/g, ''),
    );
  }
}

const listen = (port: number, parts: Partial<ListenInUse> = {}): ListenInUse => ({
  ...{ kind: 'tcp', host: '0.0.0.0', port, lastPort: null, backlog: null, place: `n.conf:${port}` },
  ...parts,
});

test('a pid that another process has got is not asked; the next of the network is', async (t) => {
  const rig = new Rig(t);
  const [gone, living] = [rig.process(7, table('0.0.0.0:1'), { startTicks: 999 }), rig.process(8, table('0.0.0.0:2'))];
  const elsewhere = rig.process(9, table('0.0.0.0:3'), { network: '0:1' });
  rig.networks = [networkOf({ processes: [gone, elsewhere, processOf({ pid: 99 }), living], isRelevant: true })];
  const outcome = await rig.poll();
  assert.deepEqual(outcome, { state: 'ok', detail: '1 of 1 networks of gateways and backends' });
  assert.deepEqual(await rig.samples('badgateway_listening'), ['default app pod 2 all 1']);

  rig.networks = [networkOf({ processes: [gone], isRelevant: true })];
  assert.equal((await rig.poll()).state, 'absent');
  assert.deepEqual(await rig.samples('badgateway_listening'), []);
  assert.deepEqual(rig.collector.targets?.(), [
    { name: 'default/app (pod)', state: 'absent', detail: 'its processes are gone' },
  ]);
  assert.deepEqual([...rig.reported.values()], [null], 'what was said of it is taken back');
});

test('what may not be read is said, and has no series', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async (t) => {
  const rig = new Rig(t);
  const [denied, open] = [rig.process(7, table('0.0.0.0:1')), rig.process(8, table('0.0.0.0:2'))];
  chmodSync(join(rig.fake.root, '7/net/tcp'), 0);
  const network = (process: NodeProcess) => networkOf({ processes: [process], isRelevant: true });
  rig.networks = [network(denied)];
  process.seteuid!(65_534);
  try {
    const { state, detail } = await rig.poll();
    assert.equal(state, 'not_permitted');
    assert.match(detail, /^not permitted to read .*7\/net\/tcp$/);
    assert.deepEqual(await rig.samples('badgateway_listening'), []);
    rig.networks = [network(denied), network(open)];
    assert.equal((await rig.poll()).detail, '1 of 2 networks of gateways and backends');
  } finally {
    process.seteuid!(0);
  }
});

test('of a table with rows that cannot be read nothing is said to be closed', async (t) => {
  const rig = new Rig(t);
  const nginx = rig.process(7, `${HEADER}\nnonsense\n${table('0.0.0.0:80')}`);
  rig.networks = [networkOf({ processes: [nginx], isGateway: true, isRelevant: true })];
  const master = { pid: 7, startTicks: 1000 };
  rig.settings = [{ subject: SUBJECT, master, listens: [listen(80), listen(81)], workerConnections: null }];
  await rig.poll();
  await rig.poll();
  assert.deepEqual(await rig.samples('badgateway_listening'), ['default app pod 80 all 1']);
  assert.deepEqual(rig.conditions.get('gateway_not_listening'), undefined);
  assert.deepEqual((await rig.samples('badgateway_listeners_skipped_total')).sort(), [
    'budget 0',
    'malformed 2',
    'port_limit 0',
    'table_limit 0',
  ]);
  assert.equal([...rig.reported.values()][0]?.isWhole, false);
});

test('64 ports of a network, first those of its gateways; the rest is counted', async (t) => {
  const rig = new Rig(t);
  const ports = Array.from({ length: 70 }, (_, at) => `0.0.0.0:${1000 + at}`);
  rig.networks = [networkOf({ processes: [rig.process(7, table(...ports))], isRelevant: true })];
  const master = { pid: 7, startTicks: 1000 };
  rig.settings = [{ subject: SUBJECT, master, listens: [listen(1069, { backlog: 8 })], workerConnections: null }];
  await rig.poll();
  const samples = await rig.samples('badgateway_listening');
  assert.equal(samples.length, 64);
  assert.ok(samples.includes('default app pod 1069 all 1'));
  assert.ok(!samples.some((text) => / 1063 /.test(text)));
  assert.deepEqual(await rig.samples('badgateway_listen_queue_limit'), ['default app pod 1069 true 8']);
  assert.ok((await rig.samples('badgateway_listeners_skipped_total')).includes('port_limit 6'));
});

test("of the node's network nobody says that a port does not listen, and no sidecar is looked for", async (t) => {
  const rig = new Rig(t);
  const envoy = rig.process(1, table('0.0.0.0:15001'), { comm: 'envoy' });
  rig.networks = [networkOf({ processes: [envoy], kind: 'host', isBackend: true, ips: ['10.0.0.9'] })];
  await rig.poll();
  assert.deepEqual(
    [...rig.reported.values()],
    [
      {
        ...{ ips: ['10.0.0.9'], sockets: [{ ip: '0.0.0.0', port: 15_001, queue: 0 }], isWhole: false },
        ...{ isTableWhole: true, atMs: NOW, untilMs: NOW + 45_000 },
      },
    ],
  );
  assert.deepEqual(rig.conditions.size, 0);
});

test('a sidecar reads the network of its pod and puts the configuration of the pod there', async (t) => {
  const before = { ...process.env };
  t.after(() => Object.assign(process.env, { POD_NAMESPACE: '', POD_NAME: '' }, before));
  Object.assign(process.env, { POD_NAMESPACE: 'edge', POD_NAME: 'gw-0' });
  const rig = new Rig(t);
  const own = rig.process(7, table('0.0.0.0:8080'));
  rig.fake.shareNamespace('self', '7').write('sys/net/core/somaxconn', '100');
  rig.networks = [networkOf({ processes: [own], kind: 'process' })];
  const settings = { subject: SUBJECT, master: null, listens: [listen(8080), listen(81)], workerConnections: null };
  rig.settings = [settings, { ...settings, subject: { ...SUBJECT, pod: 'gw-1' } }];
  await rig.poll();
  await rig.poll();
  assert.deepEqual(await rig.samples('badgateway_listening'), [
    'default app process 8080 all 1',
    'default app process 81 none 0',
  ]);
  assert.deepEqual(await rig.samples('badgateway_listen_queue_limit'), ['default app process 8080 false 100']);
  assert.deepEqual(rig.conditions.size, 0, 'whether its nginx runs is not known');
  assert.deepEqual(rig.collector.notes?.(), [
    'gateway gw: the network that it runs in is not visible, so whether its ports listen is not known',
  ]);
});

test("a mesh's gateway has an agent and no redirect: it is not taken for a sidecar", async (t) => {
  const rig = new Rig(t);
  const agent = rig.process(7, table('0.0.0.0:8080'), { comm: 'pilot-agent' });
  rig.networks = [networkOf({ processes: [agent] })];
  const told = async (title: string) => {
    rig.fake.write('7/cmdline', title.replaceAll(' ', '\0'));
    await rig.poll();
    await rig.poll();
    return rig.conditions.get('sidecar_down')?.isActive;
  };
  assert.equal(await told('/usr/local/bin/pilot-agent proxy router --domain x'), undefined);
  assert.equal(await told('/usr/local/bin/pilot-agent proxy sidecar --domain x'), true);
  const envoy = processOf({ pid: 8, comm: 'envoy' });
  // Interception mode NONE: an Envoy that has none of the ports.
  rig.networks = [networkOf({ processes: [agent, envoy] })];
  assert.equal(await told('/usr/local/bin/pilot-agent proxy sidecar --domain x'), null);
});

test('an nginx of unknown configuration does not listen where no port does; with one it is not known', async (t) => {
  const rig = new Rig(t);
  const nginx = (tcp: string) => rig.process(7, tcp, { comm: 'nginx' });
  const poll = async (tcp: string) => {
    rig.networks = [networkOf({ processes: [nginx(tcp)], isGateway: true, isRelevant: true })];
    await rig.poll();
    await rig.poll();
    return [...(await rig.samples('badgateway_listening')), rig.conditions.get('gateway_not_listening')?.isActive];
  };
  // It may serve its pod only.
  assert.deepEqual(await poll(table('127.0.0.1:3128')), ['default app pod 3128 loopback 1', undefined]);
  assert.deepEqual(await poll(table()), ['default app pod 80 none 0', true]);
  assert.deepEqual(await poll(table('0.0.0.0:8080')), ['default app pod 8080 all 1', null]);
});

test('says nothing any more once it is stopped', async (t) => {
  const rig = new Rig(t);
  rig.networks = [networkOf({ processes: [rig.process(7, table('127.0.0.1:80'))], isRelevant: true })];
  const master = { pid: 7, startTicks: 1000 };
  rig.settings = [{ subject: SUBJECT, master, listens: [listen(80)], workerConnections: null }];
  await rig.poll();
  await rig.poll();
  assert.deepEqual(await rig.samples('badgateway_listening'), ['default app pod 80 loopback 1']);
  assert.equal(rig.conditions.get('gateway_not_listening')?.isActive, true);
  await rig.collector.stop?.();
  assert.deepEqual(await rig.samples('badgateway_listening'), []);
  assert.equal(rig.conditions.get('gateway_not_listening')?.isActive, null);
  assert.deepEqual([...rig.reported.values()], [null]);
});

describe('verdicts that wait', () => {
  /** A gateway and two backends, one of which has no series; all have been read. */
  async function setting(t: TestContext) {
    const rig = new Rig(t);
    const network = (pid: number, ports: readonly string[], parts: Partial<NodeNetwork>) =>
      networkOf({ processes: [rig.process(pid, table(...ports))], ips: [`10.0.0.${pid}`], key: `n${pid}`, ...parts });
    rig.networks = [
      network(5, ['0.0.0.0:80', '127.0.0.1:9000'], { isGateway: true, isRelevant: true }),
      network(6, ['0.0.0.0:8080'], { isBackend: true, isRelevant: true }),
      network(7, ['0.0.0.0:8081'], {}),
    ];
    await rig.poll();
    assert.deepEqual([...rig.reported.keys()].sort(), ['n5', 'n6']);
    rig.reported.clear();
    const ports = (key: string) => rig.reported.get(key)?.sockets.map(({ ip, port }) => `${ip}:${port}`);
    return { rig, ports, network };
  }

  test('an address is read at once and in full, also where no series are; all others keep what they had', async (t) => {
    const { rig, ports } = await setting(t);
    // As many sockets as before: nothing shows that it is another one.
    rig.fake.write('6/net/tcp', table('0.0.0.0:9999')).write('5/net/tcp', table('0.0.0.0:81'));
    rig.wanted = new Set(['10.0.0.6', '10.0.0.7']);
    rig.nowMs += 2_000;
    const before = await rig.samples('badgateway_listening');
    assert.equal((await rig.pollSoon()).state, 'ok');
    assert.deepEqual([...rig.reported.keys()].sort(), ['n6', 'n7']);
    assert.deepEqual([ports('n6'), ports('n7')], [['0.0.0.0:9999'], ['0.0.0.0:8081']]);
    assert.equal(rig.reported.get('n6')?.atMs, rig.nowMs);
    assert.deepEqual(await rig.samples('badgateway_listening'), before, 'series are for polls an interval apart');
    // The round after it does not go back to what was read before.
    await rig.poll();
    assert.deepEqual(ports('n6'), ['0.0.0.0:9999']);
    assert.ok(!(await rig.samples('badgateway_listening')).some((line) => line.includes(' 8081 ')));
  });

  test('a poll of a round reads them in full too', async (t) => {
    const { rig, ports } = await setting(t);
    rig.fake
      .write('6/net/tcp', table('0.0.0.0:9999'))
      .write('6/net/sockstat', 'TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0');
    rig.wanted = new Set(['10.0.0.6', '10.0.0.7']);
    await rig.poll();
    assert.deepEqual([ports('n6'), ports('n7')], [['0.0.0.0:9999'], ['0.0.0.0:8081']]);
  });

  test('a loopback address is one of the gateways', async (t) => {
    const { rig, ports } = await setting(t);
    rig.wanted = new Set(['127.0.0.1']);
    rig.nowMs += 2_000;
    await rig.pollSoon();
    assert.deepEqual([...rig.reported.keys()], ['n5']);
    assert.deepEqual(ports('n5'), ['0.0.0.0:80', '127.0.0.1:9000']);
    assert.ok(!rig.looks.includes(0), 'nobody looks for it in other networks');
  });

  test('hurried for something else it reads nothing', async (t) => {
    const { rig } = await setting(t);
    const looks = rig.looks.length;
    rig.nowMs += 2_000;
    assert.equal(rig.collector.answersDoubts, null, 'not hurried at all, so that it can be at once when it is asked');
    rig.wanted = new Set(['10.0.0.6']);
    assert.equal(rig.collector.answersDoubts, 'sockets');
    rig.wanted = new Set();
    const outcome = await rig.pollSoon();
    assert.equal(outcome.detail, '2 of 2 networks of gateways and backends');
    assert.deepEqual([rig.reported.size, rig.looks.length], [0, looks]);
  });

  test('hurried polls make no condition: a gateway that starts again is closed for a moment', async (t) => {
    const { rig } = await setting(t);
    const master = { pid: 5, startTicks: 1000 };
    rig.settings = [{ subject: SUBJECT, master, listens: [listen(81)], workerConnections: null }];
    rig.wanted = new Set(['127.0.0.1']);
    await rig.poll();
    for (let at = 0; at < 4; at++) {
      rig.nowMs += 2_000;
      await rig.pollSoon();
    }
    assert.equal(rig.conditions.get('gateway_not_listening'), undefined);
    await rig.poll();
    assert.equal(rig.conditions.get('gateway_not_listening')?.isActive, true);
  });

  test('a sidecar that has ended is told at once, one that lives is told again; nothing else is read', async (t) => {
    const { rig } = await setting(t);
    const redirect = ['0.0.0.0:15001', '0.0.0.0:15006'];
    const pod = (pid: number, name: string) => {
      const envoy = rig.process(pid, table(...redirect), { comm: 'envoy' });
      const app = String(pid + 1);
      rig.fake.shareNetwork(app, String(pid)).write(`${app}/net/tcp`, table(...redirect));
      rig.fake.write(`${app}/stat`, `${app} (app) S 1 ${'0 '.repeat(17)}1000 0`);
      return networkOf({
        ...{ key: `n${pid}`, ips: [`10.0.0.${pid}`], isBackend: true, isRelevant: true },
        processes: [envoy, processOf({ pid: pid + 1, network: envoy.network })],
        labels: { namespace: 'shop', pod: name, netns: 'pod' },
      });
    };
    rig.networks = [...rig.networks, pod(20, 'cart-0'), pod(30, 'pay-0')];
    const said = new Map<string, boolean | null>();
    rig.heard = ({ condition, subject, isActive }) => condition === 'sidecar_down' && said.set(subject.pod, isActive);
    await rig.poll();
    assert.deepEqual(
      [...said],
      [
        ['cart-0', false],
        ['pay-0', false],
      ],
    );
    const hurried = async () => {
      rig.reported.clear();
      said.clear();
      rig.nowMs += 2_000;
      await rig.pollSoon();
      return [...rig.reported.keys()];
    };
    assert.deepEqual(await hurried(), []);
    assert.deepEqual(
      [...said],
      [
        ['cart-0', false],
        ['pay-0', false],
      ],
    );
    // Its process is gone, and with it what it listened on.
    rig.fake.remove('20').write('21/net/tcp', table('127.0.0.1:8080'));
    assert.deepEqual(await hurried(), ['n20']);
    assert.deepEqual(
      [...said],
      [
        ['pay-0', false],
        ['cart-0', true],
      ],
    );
  });

  test('an address that no known network has: the node is looked at anew, seldom', async (t) => {
    const { rig, ports, network } = await setting(t);
    rig.known = rig.networks;
    rig.networks = [...rig.networks, network(8, ['0.0.0.0:8088'], {})];
    rig.wanted = new Set(['10.0.0.8']);
    rig.looks.length = 0;
    const poll = async (ms: number) => {
      rig.nowMs += ms;
      await rig.pollSoon();
      return rig.looks.filter((age) => age === 0).length;
    };
    assert.equal(await poll(2_000), 1);
    assert.deepEqual(ports('n8'), ['0.0.0.0:8088']);
    // Others are another node's, and looked for once.
    rig.wanted = new Set(['10.9.0.1']);
    assert.equal(await poll(2_000), 1, 'within five seconds');
    assert.equal(await poll(3_000), 2);
    assert.equal(await poll(2_000), 2);
    rig.wanted = new Set(['10.9.0.1', '10.9.0.2']);
    assert.equal(await poll(4_000), 3);
    assert.equal(await poll(6_000), 3, 'it is known not to be here');
    assert.equal(await poll(10_000), 4);
  });

  test('what is said beside the series is taken back when the network or its processes are gone', async (t) => {
    const { rig } = await setting(t);
    rig.wanted = new Set(['10.0.0.7']);
    rig.nowMs += 2_000;
    await rig.pollSoon();
    assert.equal(rig.reported.get('n7')?.untilMs, rig.nowMs + 45_000);
    rig.fake.remove('7');
    rig.nowMs += 2_000;
    await rig.pollSoon();
    assert.equal(rig.reported.get('n7'), null);

    rig.wanted = new Set(['10.0.0.6']);
    await rig.pollSoon();
    rig.networks = rig.networks.slice(0, 1);
    rig.nowMs += 2_000;
    await rig.pollSoon();
    assert.equal(rig.reported.get('n6'), null);
  });

  test('what is said beside the series is taken back when it is too old', async (t) => {
    const { rig } = await setting(t);
    rig.wanted = new Set(['10.0.0.7']);
    rig.nowMs += 2_000;
    await rig.pollSoon();
    rig.wanted = new Set();
    for (let at = 0; at < 2; at++) await rig.poll();
    assert.notEqual(rig.reported.get('n7'), null);
    await rig.poll();
    assert.equal(rig.reported.get('n7'), null);
  });
});
