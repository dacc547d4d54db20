import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NetworkAddresses } from '../../../src/sources/node/network-addresses.ts';
import { Slices } from '../../../src/sources/node/slices.ts';
import { openProcfs } from '../../../src/sources/procfs.ts';
import { FakeProc } from '../../support/fake-proc.ts';
import { processOf } from '../../support/node-look.ts';

const leaf = (ip: string) => `     |-- ${ip}\n        /32 host LOCAL\n`;

function setting(t: TestContext, text: string) {
  const proc = new FakeProc(t).write('40/net/netstat', '').write('40/net/fib_trie', text);
  const procfs = openProcfs(proc.root);
  const addresses = new NetworkAddresses(procfs);
  const identity = procfs.identity('40/net/netstat') ?? '';
  const groups = [{ key: 'k', identity, processes: [processOf({ pid: 40 })] }];
  const read = async (nowMs: number) => (await addresses.read(groups, nowMs, new Slices())).get('k') ?? [];
  return { proc, addresses, read };
}

test('a node with thousands of Service addresses is read whole, and other work gets its turn', async (t) => {
  const many = Array.from({ length: 10_000 }, (_, at) => `10.96.${at >> 8}.${at & 255}`);
  const { addresses, read } = setting(t, `Main:\n${many.map(leaf).join('')}`);
  // However fast the machine is, here each look at the clock is a millisecond later.
  let ms = 0;
  t.mock.method(performance, 'now', () => ms++);
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  assert.deepEqual(await read(0), many);
  isOver = true;
  assert.equal(addresses.problem(), '');
  assert.ok(turns > 0);
});

test('a table that is too long is not read again at each look, and says so', async (t) => {
  const { proc, addresses, read } = setting(t, 'x'.repeat(1 << 24));
  assert.deepEqual(await read(0), []);
  assert.match(addresses.problem(), /too long/);
  proc.write('40/net/fib_trie', leaf('10.0.0.7'));
  assert.deepEqual(await read(5_000), []);
  assert.match(addresses.problem(), /too long/);
  assert.deepEqual(await read(60_000), ['10.0.0.7']);
  assert.equal(addresses.problem(), '');
});

test('a clock that was set back does not keep old addresses', async (t) => {
  const { proc, read } = setting(t, leaf('10.0.0.7'));
  assert.deepEqual(await read(3_600_000), ['10.0.0.7']);
  proc.write('40/net/fib_trie', leaf('10.0.0.8'));
  assert.deepEqual(await read(0), ['10.0.0.8']);
});
