import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortUse } from '../../src/collectors/upstream-sockets-ports.ts';
import { TCP_ESTABLISHED, TCP_TIME_WAIT } from '../../src/parse/tcp-sockets.ts';

const socket = (ip: string, remotePort: number, state = TCP_ESTABLISHED, localPort = 40_000) => ({
  ...{ state, remotePort, localPort, uid: 0, acceptQueue: 0 },
  ...{ localIp: () => '10.0.0.9', remoteIp: () => ip },
});

test('each socket takes a port towards its address, in TIME_WAIT too', () => {
  const use = new PortUse(2);
  use.begin();
  for (const port of [40_002, 40_000, 40_001]) use.add(socket('10.0.0.1', 80, TCP_TIME_WAIT, port));
  use.add(socket('10.0.0.1', 80));
  use.add(socket('10.0.0.1', 81));
  use.add(socket('10.0.0.2', 80));
  assert.deepEqual(use.peers(), [
    { ip: '10.0.0.1', port: 80, active: 1, timeWait: 3, lowest: 40_000, highest: 40_002 },
    { ip: '10.0.0.1', port: 81, active: 1, timeWait: 0, lowest: 40_000, highest: 40_000 },
  ]);
  assert.equal(use.skipped, 1);
  use.begin();
  assert.deepEqual([use.peers(), use.skipped], [[], 0]);
});
