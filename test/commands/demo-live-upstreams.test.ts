import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startFaultyUpstreams } from '../../src/commands/demo-live-upstreams.ts';

/** What a client sees of one request: the answer, an error code, or `silence`. */
async function ask(port: number, patienceMs = 20_000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (text) => (answer += text));
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  socket.on('close', () => resolve(answer === '' ? 'closed' : answer.split('\r\n')[0]));
  socket.write('GET / HTTP/1.1\r\n\r\n');
  const result = await Promise.race([promise, delay(patienceMs, 'silence', { ref: false })]);
  socket.destroy();
  return result;
}

describe('faulty upstreams of the live demo', () => {
  it('fail as their names say', async (t) => {
    const { ports, close } = await startFaultyUpstreams();
    t.after(close);
    assert.equal(await ask(ports.ok), 'HTTP/1.1 200 OK');
    assert.equal(await ask(ports.closes), 'closed');
    assert.equal(await ask(ports.silent, 500), 'silence');
    assert.equal(await ask(ports.nobody), 'ECONNREFUSED');
  });
});
