import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Base, formatBase, get, HttpGetError, isLocal, parseBase } from '../../src/sources/http-get.ts';

const never = new AbortController().signal;

async function serve(test: TestContext, listener: RequestListener): Promise<Base> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function read(
  base: Base,
  options: { timeoutMs?: number; maxBytes?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  await get({ base, path: '/x?y', timeoutMs: 2000, maxBytes: 1e6, signal: never, ...options }, (chunk) =>
    chunks.push(chunk),
  );
  return Buffer.concat(chunks).toString();
}

const failsWith = (reason: string) => (error: unknown) => error instanceof HttpGetError && error.reason === reason;

describe('parseBase', () => {
  it('takes TCP and unix socket URLs', () => {
    assert.deepEqual(parseBase('http://127.0.0.1:9901'), { host: '127.0.0.1', port: 9901 });
    assert.deepEqual(parseBase('http://[::1]:9901/'), { host: '::1', port: 9901 });
    assert.deepEqual(parseBase('unix:/run/envoy.sock'), { socketPath: '/run/envoy.sock' });
    assert.deepEqual(parseBase('unix:///run/envoy.sock'), { socketPath: '/run/envoy.sock' });
    assert.deepEqual(parseBase('unix:@envoy'), { socketPath: '\0envoy' });
  });

  for (const url of [
    '',
    'https://a:1',
    'http://a:1/path',
    'http://u:p@a:1',
    'http://a:1?q',
    'unix:relative',
    'unix:',
    'a:1',
  ])
    it(`refuses ${JSON.stringify(url)}`, () => assert.throws(() => parseBase(url)));

  it('is the inverse of formatBase', () => {
    for (const url of ['http://127.0.0.1:9901', 'http://[::1]:80', 'unix:/run/a.sock', 'unix:@a'])
      assert.equal(formatBase(parseBase(url)), url);
  });

  it('knows what is local', () => {
    const local = ['http://127.0.0.2:1', 'http://localhost:1', 'http://[::1]:1', 'unix:/a'];
    for (const url of local) assert.equal(isLocal(parseBase(url)), true, url);
    for (const url of ['http://10.0.0.1:1', 'http://127.evil.example:1', 'http://localhost.example:1'])
      assert.equal(isLocal(parseBase(url)), false, url);
  });
});

describe('get', () => {
  it('sends one GET without body and closes', async (test) => {
    const seen: unknown[] = [];
    const base = await serve(test, (request, response) => {
      seen.push([request.method, request.url, request.headers.connection, request.headers['content-length']]);
      response.end('ok');
    });
    assert.equal(await read(base), 'ok');
    assert.deepEqual(seen, [['GET', '/x?y', 'close', undefined]]);
  });

  it('reads over a unix socket', async (test) => {
    const directory = mkdtempSync(join(tmpdir(), 'http-get-'));
    const socketPath = join(directory, 's');
    const server = createServer((_, response) => response.end('socket')).listen(socketPath);
    await once(server, 'listening');
    test.after(() => {
      server.close();
      rmSync(directory, { recursive: true });
    });
    assert.equal(await read({ socketPath }), 'socket');
  });

  it('hands over a long body whole, whether chunks are kept or not', async (test) => {
    const body = Buffer.alloc(3e6, 'abcdefghij');
    const base = await serve(test, (_, response) => response.end(body));
    assert.equal(await read(base, { maxBytes: 4e6 }), body.toString());
    let sum = 0;
    const options = { base, path: '/', timeoutMs: 2000, maxBytes: 4e6, signal: never, isTransient: true };
    const { bytes } = await get(options, (chunk) => {
      for (const byte of chunk) sum += byte;
    });
    assert.equal(bytes, 3e6);
    assert.equal(
      sum,
      body.reduce((all, byte) => all + byte, 0),
    );
  });

  it('abandons a body over the limit', async (test) => {
    const base = await serve(test, (_, response) => response.end(Buffer.alloc(1000)));
    await assert.rejects(read(base, { maxBytes: 999 }), failsWith('too_large'));
    assert.equal((await read(base, { maxBytes: 1000 })).length, 1000);
  });

  it('limits the whole exchange, not only silence', async (test) => {
    const base = await serve(test, (_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    await assert.rejects(read(base, { timeoutMs: 80 }), failsWith('timeout'));
  });

  it('stops when cancelled', async (test) => {
    const cancel = new AbortController();
    const base = await serve(test, () => cancel.abort());
    await assert.rejects(read(base, { signal: cancel.signal }), failsWith('aborted'));
    await assert.rejects(read(base, { signal: cancel.signal }), failsWith('aborted'));
  });

  it('does not follow redirects and takes no status but 200', async (test) => {
    let requests = 0;
    const base = await serve(test, (_, response) => {
      requests++;
      response.writeHead(302, { location: '/quitquitquit' }).end('body');
    });
    await assert.rejects(read(base), (error) => failsWith('status')(error) && (error as HttpGetError).status === 302);
    assert.equal(requests, 1);
  });

  it('says that nothing listens', async (test) => {
    const base = await serve(test, () => {});
    await assert.rejects(read({ socketPath: '/nonexistent/a.sock' }), failsWith('unreachable'));
    await assert.rejects(read({ ...base, port: 1 } as Base), failsWith('unreachable'));
  });

  for (const [what, bytes] of [
    ['a body cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort'],
    ['a chunk cut short', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nshort'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ])
    it(`fails on ${what}`, async (test) => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(bytes));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      test.after(() => server.close());
      await assert.rejects(
        read({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }),
        failsWith('broken'),
      );
    });

  it('passes the consumer’s error through', async (test) => {
    const base = await serve(test, (_, response) => response.end('x'));
    const own = new Error('own');
    const reading = get({ base, path: '/', timeoutMs: 1000, maxBytes: 10, signal: never }, () => {
      throw own;
    });
    await assert.rejects(reading, own);
  });
});
