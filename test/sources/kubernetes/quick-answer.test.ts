import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ApiClient } from '../../../src/sources/kubernetes/api-client.ts';
import { started } from '../../kubernetes/started.ts';
import { QUICK } from './follow.ts';

const SERVER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:https').createServer(workerData, (_, response) => response.end('{"items":[]}'));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** As a process that gets no processor: whatever comes meanwhile is read in one turn of the event loop. */
const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);

test('an answer that is read before the end of its request: the next one waits for the connection', async (t) => {
  const [{ certificates }] = await started(t);
  const { cert, key } = certificates.server;
  const worker = new Worker(SERVER, { eval: true, workerData: { cert, key } });
  t.after(() => worker.terminate());
  const [port] = await once(worker, 'message');
  let connections = 0;
  const access = { server: new URL(`https://127.0.0.1:${port}`), tls: { ca: certificates.ca }, headers: {} };
  const client = new ApiClient({
    credentials: { access: async () => access, refresh() {} },
    timing: QUICK,
    observer: { connected: () => connections++, answered() {} },
  });
  t.after(() => client.close());
  const list = () =>
    client.get(
      { verb: 'list', resource: 'pods', namespace: '', query: {}, signal: new AbortController().signal },
      { chunk() {} },
    );
  await list();
  for (let count = 0; count < 5; count++) {
    // Sockets are looked at right after timers, and before what tells that a request is sent.
    await delay(1);
    const answered = list();
    // The request is written, and nothing else has had its turn.
    for (let tick = 0; tick < 30; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
    sleep();
    await answered;
    await list();
  }
  assert.equal(connections, 1);
});
