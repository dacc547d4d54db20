import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { EventStreams } from '../../src/http/events.ts';
import { createDoubles, type Doubles } from '../support/http-doubles.ts';

let doubles: Doubles;
let events: EventStreams;
let server: Server;
let main: string;
let rendered: number;
const streams: Stream[] = [];

interface Stream {
  readonly response: IncomingMessage;
  text: string;
  ended: boolean;
}

async function open(headers: Record<string, string> = {}): Promise<Stream> {
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ host: '127.0.0.1', port, path: '/events', agent: false, headers }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const stream: Stream = { response, text: '', ended: false };
  response.setEncoding('utf8').on('data', (text) => {
    stream.text += text;
  });
  response.on('end', () => {
    stream.ended = true;
  });
  response.on('error', () => undefined);
  streams.push(stream);
  return stream;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(10);
  }
}

const count = (stream: Stream) => stream.text.split('event: main\n').length - 1;

beforeEach(async () => {
  doubles = createDoubles();
  main = '<main>one</main>';
  rendered = 0;
  const render = async () => {
    rendered++;
    return main;
  };
  events = new EventStreams({ render, writers: doubles.writers, log: doubles.log });
  server = createServer(express().get('/events', events.answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  events.close();
  for (const { response } of streams.splice(0)) response.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('EventStreams', () => {
  it('sends the main part at once, each line as data, and again only when it changed', async () => {
    main = '<main>one\ntwo</main>';
    const stream = await open();
    await until(() => count(stream) === 1, 'the first event comes');
    assert.equal(stream.response.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.ok(stream.text.endsWith('event: main\ndata: <main>one\ndata: two</main>\n\n'), stream.text);
    const before = rendered;
    await until(() => rendered >= before + 2, 'it looked twice more');
    assert.equal(count(stream), 1);
    main = '<main>three</main>';
    await until(() => count(stream) === 2, 'the change comes');
  });

  it('takes ages and durations for no change', async () => {
    const aged = (seconds: number) =>
      `<main data-now="${seconds}"><time data-age>${seconds} s ago</time><data value="1">${seconds}</data></main>`;
    main = aged(1);
    const stream = await open();
    await until(() => count(stream) === 1, 'the first event comes');
    const before = rendered;
    main = aged(2);
    await until(() => rendered >= before + 2, 'it looked twice more');
    assert.equal(count(stream), 1);
  });

  it('gives one who comes later the present state, though nothing changed', async () => {
    const first = await open();
    await until(() => count(first) === 1, 'the first event comes');
    const second = await open();
    await until(() => count(second) === 1, 'the second reader has it too');
    assert.equal(count(first), 1);
  });

  it('does nothing while nobody watches', async () => {
    const stream = await open();
    await until(() => count(stream) === 1, 'the first event comes');
    stream.response.destroy();
    await until(() => doubles.value('badgateway_http_event_streams') === 0, 'the stream is gone');
    // A look that had begun may end.
    await delay(1_500);
    const before = rendered;
    await delay(2_500);
    assert.equal(rendered, before);
  });

  it('keeps at most twenty live and counts whom it refuses', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => open()));
    assert.equal(doubles.value('badgateway_http_event_streams'), 20);
    const refused = await open();
    assert.deepEqual([refused.response.statusCode, refused.response.headers['retry-after']], [503, '10']);
    assert.equal(doubles.value('badgateway_http_event_streams_refused_total'), 1);
    all[0].response.destroy();
    await until(() => doubles.value('badgateway_http_event_streams') === 19, 'one is gone');
    assert.equal((await open()).response.statusCode, 200);
  });

  it('does not pile up events for one who does not read, and gives the last one later', async () => {
    const stream = await open();
    await until(() => count(stream) === 1, 'the first event comes');
    stream.response.pause();
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < 4; at++) {
      const looked = rendered;
      main = `<main>${at}${'x'.repeat(8_000_000)}</main>`;
      await until(() => rendered > looked, 'it looked');
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 40_000_000);
    main = '<main>last</main>';
    stream.response.resume();
    await until(() => stream.text.includes('data: <main>last</main>'), 'the last state comes');
    assert.ok(count(stream) < 6);
  });

  it('is not for pages of other sites', async () => {
    assert.equal((await open({ 'sec-fetch-site': 'cross-site' })).response.statusCode, 403);
    assert.equal((await open({ 'sec-fetch-site': 'same-origin' })).response.statusCode, 200);
  });

  it('ends the streams at the end and takes no more', async () => {
    const stream = await open();
    events.close();
    await until(() => stream.ended, 'the stream ends');
    assert.equal((await open()).response.statusCode, 503);
  });

  it('says once that it cannot render, and goes on', async () => {
    const good = main;
    let fails = true;
    const render = async () => {
      rendered++;
      if (fails) throw new Error('broken');
      return good;
    };
    events.close();
    events = new EventStreams({ render, writers: doubles.writers, log: doubles.log });
    server.removeAllListeners('request').on('request', express().get('/events', events.answer));
    const stream = await open();
    await until(() => rendered >= 3, 'it tried three times');
    fails = false;
    await until(() => count(stream) === 1, 'the page comes');
    assert.deepEqual(
      doubles.logged.map(({ level }) => level),
      ['error'],
    );
  });
});
