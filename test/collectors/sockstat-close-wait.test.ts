import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloseWaits } from '../../src/collectors/sockstat-close-wait.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { networkOf, nodeOf, processOf } from '../support/node-look.ts';
import { HEADER, row } from '../support/tcp-rows.ts';

const CLOSE_WAIT = row({ local: '10.0.0.1', localPort: 80, remote: '10.0.0.2', remotePort: 4000, state: 8 });

test('counted once in a minute, and at once when the clock was set back', async (t) => {
  const fake = new FakeProc(t).write('40/net/netstat', '');
  const proc = openProcfs(fake.root);
  const clock = { nowMs: 3_600_000, now: () => clock.nowMs };
  const processes = [processOf({ pid: 40, network: proc.identity('40/net/netstat') ?? null })];
  const node = nodeOf({ networks: [networkOf({ processes, isGateway: true })] });
  const closeWaits = new CloseWaits({ proc, node, clock });
  const count = async (sockets: number) => {
    fake.write('40/net/tcp', `${[HEADER, ...Array.from({ length: sockets }, () => CLOSE_WAIT)].join('\n')}\n`);
    return (await closeWaits.count(0, new AbortController().signal)).map((one) => one.count);
  };
  assert.deepEqual(await count(1), [1]);
  assert.deepEqual(await count(2), [1]);
  clock.nowMs = 0;
  assert.deepEqual(await count(3), [3]);
  clock.nowMs = 60_000;
  assert.deepEqual(await count(4), [4]);
});
