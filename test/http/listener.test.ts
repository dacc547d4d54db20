import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Listener } from '../../src/http/listener.ts';
import { ask } from '../support/http-ask.ts';
import type { Doubles } from '../support/http-doubles.ts';
import { createDoubles } from '../support/http-doubles.ts';

type App = (request: IncomingMessage, response: ServerResponse) => void;

let doubles: Doubles;
let listener: Listener;
let app: App;
let at: string;

function create(address: { host: string; port: number }): Listener {
  return new Listener({
    ...doubles,
    address,
    setting: '--here',
    store: null,
    app: (request, response) => app(request, response),
  });
}

function open(text: string): Socket {
  const [host, port] = at.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined).write(text);
  return socket;
}

beforeEach(async () => {
  doubles = createDoubles();
  app = (_request, response) => response.end('ok\n');
  listener = create({ host: '127.0.0.1', port: 0 });
  await listener.start();
  at = listener.address()!;
});
afterEach(() => listener.stop());

describe('Listener', () => {
  it('answers, and has no address once stopped', async () => {
    assert.equal((await ask(at, '/')).body.toString(), 'ok\n');
    await listener.stop();
    assert.equal(listener.address(), null);
  });

  for (const [story, host, port, pattern] of [
    [
      'a port in use',
      '127.0.0.1',
      null,
      /cannot listen on 127\.0\.0\.1:\d+: port \d+ is in use by another program; stop it or choose another port with --here/,
    ],
    [
      'an address of another machine',
      '192.0.2.1',
      9502,
      /192\.0\.2\.1 is not an address of this machine; choose another with --here/,
    ],
    ['a name that does not resolve', 'no-such-host.invalid', 9502, /no-such-host\.invalid.*--here/],
  ] as const) {
    it(`says what to do about ${story}`, async () => {
      await assert.rejects(create({ host, port: port ?? Number(at.split(':')[1]) }).start(), pattern);
    });
  }

  it('ends a request whose header never ends', { timeout: 12_000 }, async () => {
    const socket = open('GET / HTTP/1.1\r\nX: ');
    const text = await new Promise<string>((resolve) => socket.on('data', (data) => resolve(data.toString())));
    assert.match(text, /^HTTP\/1\.1 408/);
  });

  it('refuses headers over 16 KiB', async () => {
    assert.equal((await ask(at, '/', { headers: { X: 'x'.repeat(17_000) } })).status, 431);
  });

  it('closes and counts connections beyond 200', async () => {
    const sockets = Array.from({ length: 201 }, () => open(''));
    await Promise.race(sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve))));
    assert.equal(doubles.value('badgateway_http_connections_dropped_total'), 1);
    for (const socket of sockets) socket.destroy();
  });

  it('stop lets a slow client read a complete answer', async () => {
    const size = 32 * 1024 * 1024;
    app = (_request, response) => response.end(Buffer.alloc(size));
    const socket = open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    const stopped = listener.stop();
    await new Promise((resolve) => setTimeout(resolve, 100));
    let read = 0;
    socket.on('data', (data) => {
      read += data.length;
    });
    await Promise.all([stopped, new Promise((resolve) => socket.once('close', resolve))]);
    assert.ok(read > size, `${read} of ${size} bytes`);
  });

  it('stop ends after five seconds though a client does not read', { timeout: 9_000 }, async () => {
    app = (_request, response) => response.end(Buffer.alloc(64 * 1024 * 1024));
    const socket = open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    const startedMs = performance.now();
    await listener.stop();
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs > 4_500 && tookMs < 7_000, `${tookMs} ms`);
    socket.destroy();
  });

  it('stop does not wait for idle connections', async () => {
    const socket = open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const startedMs = performance.now();
    await listener.stop();
    assert.ok(performance.now() - startedMs < 1_000);
  });
});
