import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ListenersRead, socketsOf } from '../../src/collectors/listeners-read.ts';
import { ListenerRounds } from '../../src/collectors/listeners-rounds.ts';
import type { WatchedNetwork } from '../../src/collectors/listeners-watch.ts';
import { TCP_LISTEN } from '../../src/parse/tcp-sockets.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { networkOf, processOf } from '../support/node-look.ts';
import { HEADER, HEADER6, row } from '../support/tcp-rows.ts';

const { signal } = new AbortController();

/** Networks of processes 1, 2, … that the test makes up. */
class Rig {
  readonly fake: FakeProc;
  readonly rounds: ListenerRounds;
  nowMs = 1_000_000;

  constructor(t: TestContext) {
    this.fake = new FakeProc(t);
    this.rounds = new ListenerRounds(openProcfs(this.fake.root));
  }

  network(pid: number, { isUrgent = false, startTicks = 1000 } = {}): WatchedNetwork {
    this.fake.write(`${pid}/net/netstat`, '').write(`${pid}/stat`, `${pid} (x) S 1 ${'0 '.repeat(17)}${startTicks} 0`);
    const network = openProcfs(this.fake.root).identity(`${pid}/net/netstat`)!;
    const processes = [processOf({ pid, network, startTicks })];
    return { network: networkOf({ key: `n${pid}`, processes }), gateways: [], isUrgent, isWanted: false };
  }

  /** Ports that listen, and what the kernel counts. */
  sockets(pid: number, ports: readonly number[], { inUse = ports.length, queue = 0, version = 4 } = {}): void {
    const local = version === 4 ? '0.0.0.0' : '::';
    const rows = ports.map((localPort) =>
      row({ local, localPort, remote: local, remotePort: 0, state: TCP_LISTEN }).replace(
        '00000000:00000000 00:',
        `00000000:${queue.toString(16).padStart(8, '0')} 00:`,
      ),
    );
    const [name, suffix] = version === 4 ? ['TCP', ''] : ['TCP6', '6'];
    this.fake.write(`${pid}/net/tcp${suffix}`, `${[version === 4 ? HEADER : HEADER6, ...rows].join('\n')}\n`);
    this.fake.write(`${pid}/net/sockstat${suffix}`, `${name}: inuse ${inUse} orphan 0\n`);
  }

  /** `key: ports`, with `(old)` when they are of an earlier round; in the order of the reads. */
  async round(networks: readonly WatchedNetwork[], budgetMs = 1e6): Promise<string[]> {
    const seen = await this.rounds.read(networks, { nowMs: this.nowMs, budgetMs, keepMs: 45_000, signal });
    return seen.map(({ network, read, isNew }) => {
      const what = read.state === 'read' ? portsOf(read) : read.state;
      return `${network.key}: ${what}${isNew ? '' : ' (old)'}`;
    });
  }
}

function portsOf(read: ListenersRead): string {
  return socketsOf(read)
    .map(({ port, queue }) => (queue > 0 ? `${port} with ${queue}` : `${port}`))
    .join(' ');
}

test('a table of listeners alone is as before while as many sockets are in use; else it is read', async (t) => {
  const rig = new Rig(t);
  const network = rig.network(1);
  rig.sockets(1, [80, 81]);
  assert.deepEqual(await rig.round([network]), ['n1: 80 81']);
  rig.sockets(1, [90, 91]);
  assert.deepEqual(await rig.round([network]), ['n1: 80 81'], 'not read');
  rig.sockets(1, [90, 91], { inUse: 3, queue: 1 });
  assert.deepEqual(await rig.round([network]), ['n1: 90 with 1 91 with 1'], 'a connection');
  rig.sockets(1, [70, 71]);
  assert.deepEqual(await rig.round([network]), ['n1: 70 71'], 'something waited when it was read');
  rig.sockets(1, [60, 61]);
  assert.deepEqual(await rig.round([rig.network(1, { startTicks: 1001 })]), ['n1: 60 61'], 'restarted');
  rig.sockets(1, [50, 51]);
  rig.nowMs += 300_000;
  assert.deepEqual(await rig.round([rig.network(1, { startTicks: 1001 })]), ['n1: 50 51'], 'long ago');
  rig.sockets(1, [40, 41]);
  assert.deepEqual(await rig.round([rig.network(1, { startTicks: 1001, isUrgent: true })]), ['n1: 40 41'], 'urgent');
});

test('versions of IP are told apart; a version without sockets, or without a file, is not read', async (t) => {
  const rig = new Rig(t);
  const network = rig.network(1);
  rig.sockets(1, [80]);
  rig.sockets(1, [80, 81], { version: 6 });
  assert.deepEqual(await rig.round([network]), ['n1: 80 80 81']);
  rig.sockets(1, [82], { version: 6 });
  rig.sockets(1, [99]);
  assert.deepEqual(await rig.round([network]), ['n1: 80 82']);
  rig.sockets(1, [5], { inUse: 0 });
  rig.fake.remove('1/net/tcp6').remove('1/net/sockstat6');
  assert.deepEqual(await rig.round([network]), ['n1: ']);
  rig.fake.remove('1/net/sockstat');
  assert.deepEqual(await rig.round([network]), ['n1: 5'], 'without a count it is read');
});

test('over the budget the longest unread come first, and what was read stays for a while', async (t) => {
  const rig = new Rig(t);
  const networks = [1, 2, 3].map((pid) => rig.network(pid));
  for (const pid of [1, 2, 3]) rig.sockets(pid, [pid]);
  const urgent = rig.network(4, { isUrgent: true });
  rig.sockets(4, [4]);
  assert.deepEqual(await rig.round([...networks, urgent], 0), [
    'n4: 4',
    'n1: 1',
    'n2: waiting (old)',
    'n3: waiting (old)',
  ]);
  rig.nowMs += 15_000;
  assert.deepEqual(await rig.round([...networks, urgent], 0), ['n4: 4', 'n2: 2', 'n3: waiting (old)', 'n1: 1 (old)']);
  rig.nowMs += 15_000;
  assert.deepEqual(await rig.round(networks, 0), ['n3: 3', 'n1: 1 (old)', 'n2: 2 (old)']);
  rig.nowMs += 15_000;
  assert.deepEqual(await rig.round(networks, 0), ['n1: 1', 'n2: 2 (old)', 'n3: 3 (old)']);
  rig.nowMs += 45_000;
  assert.deepEqual(await rig.round(networks, 0), ['n2: 2', 'n3: waiting (old)', 'n1: waiting (old)']);
});

test('what was read before the clock was set back is not known any more', async (t) => {
  const rig = new Rig(t);
  const networks = [1, 2].map((pid) => rig.network(pid));
  for (const pid of [1, 2]) rig.sockets(pid, [pid]);
  assert.deepEqual(await rig.round(networks), ['n1: 1', 'n2: 2']);
  rig.nowMs -= 600_000;
  for (const pid of [1, 2]) rig.sockets(pid, [pid + 80]);
  assert.deepEqual(await rig.round(networks, 0), ['n1: 81', 'n2: waiting (old)']);
  rig.nowMs += 15_000;
  assert.deepEqual(await rig.round(networks, 0), ['n2: 82', 'n1: 81 (old)']);
});

test('what is not asked for is forgotten', async (t) => {
  const rig = new Rig(t);
  const network = rig.network(1);
  rig.sockets(1, [80]);
  await rig.round([network]);
  await rig.round([]);
  rig.sockets(1, [81]);
  assert.deepEqual(await rig.round([network]), ['n1: 81']);
});
