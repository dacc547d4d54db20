import assert from 'node:assert/strict';
import { type ClientRequest, request } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';
import { freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';

const COUNT = 6;
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf';
const CHUNK = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
const answer = (status: string) => `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\noh`;
const RETRY = { retry_on: '5xx', num_retries: 2, retry_back_off: { base_interval: '0.01s' } };

interface Story {
  /** `n`: requests that the upstream has got, this one included. */
  readonly does: (socket: Socket, n: number) => unknown;
  readonly route?: object;
  /** Failures after COUNT requests. */
  readonly failures: Readonly<Record<string, number>>;
  /** The client leaves after so long. */
  readonly leavesAfterMs?: number;
}

const thenRst = (text: string) => (socket: Socket) => {
  socket.write(text);
  setTimeout(() => socket.resetAndDestroy(), 60);
};

const STORIES: Readonly<Record<string, Story>> = {
  'body cut by FIN': { does: (s) => s.end(HALF), failures: { truncated_response: COUNT } },
  'body cut by RST': { does: thenRst(HALF), failures: { truncated_response: COUNT } },
  'chunks cut by FIN': { does: (s) => s.end(CHUNK), failures: { truncated_response: COUNT } },
  'chunks cut by RST': { does: thenRst(CHUNK), failures: { truncated_response: COUNT } },
  'chunk of no size': { does: (s) => s.write(`${CHUNK}ZZ\r\n`), failures: { protocol_error: COUNT } },
  'body without length': { does: (s) => s.end('HTTP/1.1 200 OK\r\n\r\nall'), failures: {} },
  'header cut by FIN': { does: (s) => s.end('HTTP/1.1 200 OK\r\nContent-Le'), failures: { premature_close: COUNT } },
  'header cut by RST': { does: thenRst('HTTP/1.1 200 OK\r\nContent-Le'), failures: { premature_close: COUNT } },
  'no header, FIN': { does: (s) => s.end(), failures: { premature_close: COUNT } },
  'no header, RST': { does: (s) => s.resetAndDestroy(), failures: { premature_close: COUNT } },
  'not HTTP, FIN': { does: (s) => s.end('GARBAGE NOT HTTP\r\n\r\n'), failures: { protocol_error: COUNT } },
  'header too big': {
    does: (s) => s.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
    failures: { protocol_error: COUNT },
  },
  'closed and malformed in turn': {
    does: (s, n) => (n % 2 === 1 ? s.end() : s.end('GARBAGE NOT HTTP\r\n\r\n')),
    failures: { premature_close: COUNT / 2, protocol_error: COUNT / 2 },
  },
  'body cut and malformed in turn': {
    does: (s, n) => s.end(n % 2 === 1 ? HALF : 'GARBAGE NOT HTTP\r\n\r\n'),
    failures: { truncated_response: COUNT / 2, protocol_error: COUNT / 2 },
  },
  'body cut and closed in turn': {
    does: (s, n) => s.end(n % 2 === 1 ? HALF : ''),
    failures: { truncated_response: COUNT / 2, premature_close: COUNT / 2 },
  },
  'upstream answers 500': { does: (s) => s.write(answer('500 Oh')), failures: { upstream_5xx: COUNT } },
  'upstream answers 502': { does: (s) => s.write(answer('502 Oh')), failures: { upstream_5xx: COUNT } },
  'upstream answers 503': { does: (s) => s.write(answer('503 Oh')), failures: { upstream_5xx: COUNT } },
  'upstream answers 504': { does: (s) => s.write(answer('504 Oh')), failures: { upstream_5xx: COUNT } },
  'upstream answers 404': { does: (s) => s.write(answer('404 No')), failures: {} },
  'closed and 503 in turn': {
    does: (s, n) => (n % 2 === 1 ? s.end() : s.write(answer('503 Oh'))),
    failures: { premature_close: COUNT / 2, upstream_5xx: COUNT / 2 },
  },
  '500, each tried three times': {
    does: (s) => s.write(answer('500 Oh')),
    route: { retry_policy: RETRY },
    failures: { upstream_5xx: 3 * COUNT },
  },
  '503, the second time well': {
    does: (s, n) => s.write(answer(n % 2 === 1 ? '503 Oh' : '200 OK')),
    route: { retry_policy: RETRY },
    failures: { upstream_5xx: COUNT },
  },
  'closed, the second time well': {
    does: (s, n) => (n % 2 === 1 ? s.end() : s.write(answer('200 OK'))),
    route: { retry_policy: RETRY },
    failures: { premature_close: COUNT },
  },
  'closed, the second time 503': {
    does: (s, n) => (n % 2 === 1 ? s.end() : s.write(answer('503 Oh'))),
    route: { retry_policy: { ...RETRY, retry_on: 'reset' } },
    failures: { premature_close: COUNT, upstream_5xx: COUNT },
  },
  'no answer in time, the second time 503': {
    does: (s, n) => n % 2 === 0 && s.write(answer('503 Oh')),
    route: { timeout: '5s', retry_policy: { ...RETRY, retry_on: 'reset', per_try_timeout: '0.2s' } },
    failures: { response_timeout: COUNT, upstream_5xx: COUNT },
  },
  'no answer in time': { does: () => {}, route: { timeout: '0.2s' }, failures: { response_timeout: COUNT } },
  'body not in time': {
    does: (s) => s.write(HALF),
    route: { timeout: '0.2s' },
    failures: { response_timeout: COUNT },
  },
  'client leaves before the answer': { does: () => {}, leavesAfterMs: 100, failures: {} },
  'client leaves within the answer': { does: (s) => s.write(HALF), leavesAfterMs: 100, failures: {} },
};
const names = Object.keys(STORIES);

describe('answers that an upstream breaks off or fails, with a real Envoy [ci]', { skip: skipWithoutEnvoy() }, () => {
  const servers: Server[] = [];
  let running: RunningEnvoy;
  let watch: ReturnType<typeof watchEnvoy>;
  let front: number;
  let ports: number[];

  const ask = async (number: number, leavesAfterMs: number | undefined) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const outgoing: ClientRequest = request({ host: '127.0.0.1', port: front, path: `/${number}/`, agent: false });
    outgoing.on('error', () => resolve());
    outgoing.on('response', (response) => {
      response.resume();
      response.on('error', () => {});
      response.on('close', () => resolve());
    });
    outgoing.end();
    if (leavesAfterMs !== undefined) setTimeout(() => outgoing.destroy(), leavesAfterMs);
    await promise;
  };

  before(async () => {
    const [admin, listen, ...others] = await freePorts(names.length + 2);
    [front, ports] = [listen, others];
    for (const [index, name] of names.entries()) {
      let asked = 0;
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', () => void STORIES[name].does(socket, ++asked));
      });
      servers.push(server.listen(ports[index], '127.0.0.1'));
    }
    running = await startEnvoy({
      clusters: names.map((name, index) => ({ name, hosts: [{ port: ports[index] }] })),
      routes: names.map((name, index) => ({
        prefix: `/${index}/`,
        route: { cluster: name, ...STORIES[name].route },
      })),
      listenPort: listen,
      admin: { port: admin },
    });
    watch = watchEnvoy({ discover: false, targets: [{ url: `http://127.0.0.1:${admin}` }] });
    await watch.poll();
  });

  after(async () => {
    await running?.stop();
    for (const server of servers) server.close();
  });

  for (const [index, name] of names.entries())
    it(name, async () => {
      const { failures, leavesAfterMs } = STORIES[name];
      for (let i = 0; i < COUNT; i++) await ask(index, leavesAfterMs);
      const counted: Record<string, number> = {};
      const total = () => Object.values(counted).reduce((sum, count) => sum + count, 0);
      const wanted = Object.values(failures).reduce((sum, count) => sum + count, 0);
      // What the client has seen is in Envoy's counters a moment later; a 503 of the upstream is told a poll later.
      for (let polls = 0, isSure = 0; polls < 200 && isSure < 3; polls++) {
        await delay(20);
        await watch.poll();
        for (const [symptom, count] of Object.entries(watch.failures(name)))
          counted[symptom] = (counted[symptom] ?? 0) + count;
        assert.ok(
          watch.observations.every(({ peer }) => peer?.port === ports[index]),
          'the host is named',
        );
        if (total() >= wanted) isSure++;
      }
      assert.deepEqual(counted, failures);
      assert.deepEqual(watch.symptoms(name), {});
    });
});
