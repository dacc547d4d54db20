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
