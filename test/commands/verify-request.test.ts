import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate as others } from 'node:timers/promises';
import { Sender } from '../../src/commands/verify-request.ts';

/** Answers the first requests of each connection and closes it at the next one. */
async function openServer(answers: number): Promise<{ server: Server; connections: () => number; url: URL }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    let asked = 0;
    socket.on('error', () => {});
    socket.on('data', () => {
      if (++asked <= answers) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { server, connections: () => connections, url };
}

async function send(answers: number, method: string) {
  const { server, connections, url } = await openServer(answers);
  const sender = new Sender({ url, method, headers: {}, timeoutMs: 60_000, mostSockets: 10 });
  const outcomes: (number | string)[] = [];
  for (let i = 0; i < 4; i++) {
    const outcome = await sender.send();
    outcomes.push('code' in outcome ? outcome.code : outcome.error);
    // The connection is free again when the others have had their turn.
    await others();
  }
  sender.close();
  server.close();
  return { outcomes, reopened: sender.reopened, connections: connections() };
}

describe('Sender', () => {
  it('uses a connection again', async () => {
    assert.deepEqual(await send(100, 'GET'), { outcomes: [200, 200, 200, 200], reopened: 0, connections: 1 });
  });

  it('sends again what the end of a used connection cost, once and over a new one', async () => {
    const { outcomes, reopened } = await send(1, 'GET');
    assert.deepEqual(outcomes, [200, 200, 200, 200]);
    assert.ok(reopened > 0);
  });

  it('what is not idempotent is not sent again, nor what a new connection failed with', async () => {
    assert.deepEqual(await send(1, 'POST'), { outcomes: [200, 'reset', 200, 'reset'], reopened: 0, connections: 2 });
    assert.deepEqual((await send(0, 'GET')).outcomes, ['reset', 'reset', 'reset', 'reset']);
  });
});
