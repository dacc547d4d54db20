import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sidecars } from '../../src/collectors/listeners-sidecars.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { networkOf, processOf } from '../support/node-look.ts';

test('a sidecar whose pod ends closes its inbound port first: whether it is down is not known then', (t) => {
  const sidecars = new Sidecars(openProcfs(new FakeProc(t).root));
  const judge = (comm: string, ...ports: number[]) =>
    sidecars.judge(networkOf({ processes: [processOf({ comm })] }), new Set(ports)).isDown;
  assert.equal(judge('envoy', 15_001, 15_006, 15_021), false);
  assert.equal(judge('envoy', 15_001, 15_021), null);
  assert.equal(judge('envoy', 15_021), true);
  assert.equal(judge('envoy', 15_006, 15_021), true);
  assert.equal(judge('app', 15_001), true, 'somebody else listens there');
  assert.equal(judge('envoy', 15_001, 15_006), false);
});

test('whether its Envoy is still there: of one that never was known to listen nothing is said', (t) => {
  const fake = new FakeProc(t);
  const sidecars = new Sidecars(openProcfs(fake.root));
  const stat = (state: string) => fake.write('7/stat', `7 (envoy) ${state} 1 ${'0 '.repeat(17)}1000 0`);
  const network = networkOf({ processes: [processOf({ pid: 7, comm: 'envoy', startTicks: 1000 })] });
  stat('S');
  assert.equal(sidecars.isAlive(network), null);
  sidecars.judge(network, new Set([15_001, 15_006]));
  assert.equal(sidecars.isAlive(network), true);
  stat('Z');
  assert.equal(sidecars.isAlive(network), false, 'nobody has asked how it ended');
  fake.remove('7');
  assert.equal(sidecars.isAlive(network), false);
  fake.write('7/stat', `7 (envoy) S 1 ${'0 '.repeat(17)}2000 0`);
  assert.equal(sidecars.isAlive(network), false, 'another process has its pid');
  assert.equal(sidecars.isAlive({ ...network, processes: [] }), false, 'the last look did not see it');
});
