import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { NodeNetwork } from '../../src/contract/node.ts';
import { networkOf, processOf } from '../support/node-look.ts';
import { listen, Rig, SUBJECT, table } from './listeners-rig.ts';

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

  test('backends that are known a moment after the start are read at once, and then every interval', async (t) => {
    const rig = new Rig(t);
    const backend = networkOf({ processes: [rig.process(6, table('0.0.0.0:8080'))], key: 'n6', isRelevant: true });
    rig.networks = [backend];
    await rig.poll();
    assert.equal(rig.collector.isEarly, true);
    rig.networks = [{ ...backend, isBackend: true }];
    rig.fake.write('6/net/tcp', table('0.0.0.0:9090', '0.0.0.0:8080'));
    rig.nowMs += 2_000;
    await rig.pollSoon();
    assert.deepEqual(
      rig.reported.get('n6')?.sockets.map(({ port }) => port),
      [9090, 8080],
    );
    assert.equal(rig.collector.isEarly, false);
    assert.ok(!(await rig.samples('badgateway_listening')).some((line) => line.includes('9090')), 'no series');
  });

  test('a gateway without backends on its node is read as usual soon', async (t) => {
    const rig = new Rig(t);
    await rig.poll();
    rig.nowMs += 14_999;
    assert.equal(rig.collector.isEarly, true);
    rig.nowMs += 1;
    assert.equal(rig.collector.isEarly, false);
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
