import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { ErrorLogReader, LONGEST_LINE_BYTES } from '../../src/parse/error-log-reader.ts';
import { Interner } from '../../src/parse/interner.ts';
import { LINE_RESULTS, LogCounts, PEERLESS } from '../../src/parse/log-counts.ts';

const REFUSED =
  '2026/11/21 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "a"';
const ABORT =
  '2026/11/21 03:00:00 [info] 7#7: *1 epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while reading response header from upstream, client: 1.2.3.4';
const NOTICE = '2026/11/21 03:00:00 [notice] 1#1: using the "epoll" event method';
const cri = (stream: string, tag: string, text: string) => `2026-11-21T03:00:00.123456789Z ${stream} ${tag} ${text}\n`;

function read(text: string | Buffer, { final = false, start = 0 } = {}) {
  const buffer = Buffer.from(text as string);
  const peers = new Interner(16);
  const counts = new LogCounts(peers);
  const used = new ErrorLogReader().read(buffer, start, buffer.length, final, counts);
  const drained: Record<string, number> = {};
  counts.drain((symptom, peer, count, { failure }) => {
    drained[`${failure ? 'failure' : 'symptom'} ${SYMPTOMS[symptom]} ${peers.names[peer]}`.trim()] = count;
  });
  const results = Object.fromEntries(
    LINE_RESULTS.map((name, i) => [name, counts.results[i]]).filter(([, count]) => count !== 0),
  );
  const peerless = Object.fromEntries(
    PEERLESS.map((name, i) => [name, counts.peerless[i]]).filter(([, count]) => count !== 0),
  );
  return { used, drained, results, peerless, left: buffer.length - used };
}

/** Symptom, count and detail of what the lines tell, in the order of the symptoms. */
function detailsOf(lines: readonly string[]): readonly unknown[] {
  const buffer = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const counts = new LogCounts(new Interner(16));
  new ErrorLogReader().read(buffer, 0, buffer.length, true, counts);
  const found: unknown[] = [];
  counts.drain((symptom, _, count, { detail }) => void found.push([SYMPTOMS[symptom], count, detail ?? '']));
  return found.sort();
}

describe('ErrorLogReader', () => {
  it('tells attempts of subrequests, of which an access log has no line, from others', () => {
    const inner = REFUSED.replace('HTTP/1.1"', 'HTTP/1.1", subrequest: "/auth"');
    const counts = new LogCounts(new Interner(16));
    const text = Buffer.from([REFUSED, inner, inner, REFUSED, REFUSED, ''].join('\n'));
    new ErrorLogReader().read(text, 0, text.length, true, counts);
    const told: (readonly [boolean, number])[] = [];
    counts.drain((_symptom, _peer, count, { subrequest }) => void told.push([subrequest, count]));
    assert.deepEqual(told, [
      [false, 3],
      [true, 2],
    ]);
  });

  it('tells what failed after the header of an answer, of which an access log says nothing, from what failed before', () => {
    const lines = [
      REFUSED,
      ...['reading upstream', 'reading response header from upstream', 'proxying upgraded connection'].map((action) =>
        REFUSED.replace('connect() failed (111', 'recv() failed (104').replace('connecting to upstream', action),
      ),
    ];
    const buffer = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const counts = new LogCounts(new Interner(16));
    new ErrorLogReader().read(buffer, 0, buffer.length, true, counts);
    const found: unknown[] = [];
    counts.drain((symptom, _, count, { afterHeader }) => void found.push([SYMPTOMS[symptom], count, afterHeader]));
    assert.deepEqual(found, [
      ['connect_refused', 1, false],
      ['reset', 1, false],
      ['reset', 2, true],
    ]);
    counts.drain(() => assert.fail('it is empty now'));
  });

  it('tells refused datagrams from refused connections at the same address, also behind usual lines', () => {
    const udp = (call: string, errno: number) =>
      `2026/11/21 03:00:00 [error] 7#7: *1 ${call} failed (${errno}: text) while proxying connection, udp client: 10.9.9.9, server: 0.0.0.0:53, upstream: "10.0.0.1:80", bytes from/to client:1/0, bytes from/to upstream:0/1`;
    const lines = [udp('recv()', 111), REFUSED, REFUSED, udp('sendmsg()', 111), udp('recv()', 104), REFUSED];
    const buffer = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const counts = new LogCounts(new Interner(16));
    new ErrorLogReader().read(buffer, 0, buffer.length, true, counts);
    const found: unknown[] = [];
    counts.drain((symptom, _, count, { detail }) => void found.push([SYMPTOMS[symptom], count, detail ?? '']));
    assert.deepEqual(found.sort(), [
      ['connect_refused', 2, 'datagram_refused'],
      ['connect_refused', 3, ''],
      ['reset', 1, ''],
    ]);
    counts.drain(() => assert.fail('it is empty now'));
  });

  it('tells sockets that could not be made ready from connections that failed; what nginx ignores is no failure', () => {
    const failed = (words: string) => REFUSED.replace('connect() failed (111: Connection refused)', words);
    const lines = [
      failed('setsockopt(IP_TRANSPARENT) failed (1: Operation not permitted)').replace('[error]', '[alert]'),
      failed('setsockopt(IP_BIND_ADDRESS_NO_PORT) failed, ignored (92: Protocol not available)').replace(
        'error',
        'alert',
      ),
      failed('bind(127.0.0.1:80) failed (13: Permission denied)').replace('[error]', '[crit]'),
      failed('bind(127.0.0.1:18080) failed (98: Address already in use)').replace('[error]', '[crit]'),
      failed('socket() failed (97: Address family not supported by protocol)').replace('[error]', '[alert]'),
      failed('connect() to 10.0.0.1:80 failed (13: Permission denied)').replace('[error]', '[crit]'),
    ];
    assert.deepEqual(detailsOf(lines), [
      ['address_unavailable', 1, 'not_begun'],
      ['other', 2, 'not_begun'],
      ['permission_denied', 1, ''],
      ['permission_denied', 1, 'not_begun'],
    ]);
  });

  it('tells what the kernel has given up from what nginx has, also of usual lines', () => {
    const failed = (words: string) => REFUSED.replace('connect() failed (111: Connection refused)', words);
    const lines = [
      failed('connect() failed (110: Connection timed out)'),
      failed('connect() failed (110: Operation timed out)'),
      failed('upstream timed out (110: Connection timed out)'),
      failed('recv() failed (110: Connection timed out)').replace('connecting to', 'reading response header from'),
    ];
    assert.deepEqual(detailsOf(lines), [
      ['connect_timeout', 1, ''],
      ['connect_timeout', 2, 'kernel_timeout'],
      ['response_timeout', 1, 'kernel_timeout'],
    ]);
  });

  it('tells a route that is a black hole, and an address to bind to that is not ours, from other failures of connect()', () => {
    const failed = (call: string, errno: number) =>
      REFUSED.replace('connect() failed (111', `${call} failed (${errno}`);
    const calls = [failed('connect() to 10.0.0.1:80', 22), failed('connect()', 22), failed('bind(192.0.2.1)', 99)];
    const others = [
      failed('connect()', 99),
      failed('bind(192.0.2.1)', 98),
      failed('connect()', 71),
      failed('send()', 22),
    ];
    const buffer = Buffer.from([...calls, ...others].map((line) => `${line}\n`).join(''));
    const counts = new LogCounts(new Interner(16));
    new ErrorLogReader().read(buffer, 0, buffer.length, true, counts);
    const found: string[] = [];
    counts.drain((symptom, _, count, { detail }) => void found.push(`${SYMPTOMS[symptom]} ${detail ?? '-'} ${count}`));
    assert.deepEqual(found.sort(), [
      'address_unavailable - 1',
      'address_unavailable not_begun 1',
      'address_unavailable not_our_address 1',
      'other - 2',
      'other black_hole 2',
    ]);
  });

  it('counts failures by peer, symptoms without, and the rest by what it is', () => {
    const { drained, results, left } = read(`${REFUSED}\n${REFUSED}\n${ABORT}\n${NOTICE}\n1.2.3.4 - - "GET /"\n`);
    assert.deepEqual(drained, { 'failure connect_refused 10.0.0.1:80': 2, 'symptom client_abort': 1 });
    assert.deepEqual(results, { failure: 2, symptom: 1, nothing: 1, foreign: 1 });
    assert.equal(left, 0);
  });

  it('leaves an unterminated line unread until it is final', () => {
    assert.equal(read(`${NOTICE}\n${REFUSED}`).left, REFUSED.length);
    const { left, results } = read(`${NOTICE}\n${REFUSED}`, { final: true });
    assert.equal(left, 0);
    assert.deepEqual(results, { failure: 1, nothing: 1 });
  });

  it('starts where it is told and tolerates CRLF', () => {
    assert.deepEqual(read(`garbage${REFUSED}\r\n`, { start: 7 }).drained, { 'failure connect_refused 10.0.0.1:80': 1 });
  });

  it('says why a failure has no peer', () => {
    const dns =
      '2026/11/21 03:00:00 [error] 7#7: *1 a.b could not be resolved (3: Host not found), client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", host: "a"';
    const two = REFUSED.replace('host: "a"', 'x, upstream: "http://6.6.6.6:1/", host: "a"');
    const cut = REFUSED.replace('GET /', `GET /${'x'.repeat(3000)}`).slice(0, 2047);
    assert.deepEqual(read(`${dns}\n${two}\n${cut}\n`).peerless, { absent: 1, ambiguous: 1, cut: 1 });
  });

  it('joins a split CRI line per stream and counts it once', () => {
    const [head, tail] = [REFUSED.slice(0, 50), REFUSED.slice(50)];
    const text = cri('stderr', 'P', head) + cri('stdout', 'F', '1.2.3.4 - - "GET /"') + cri('stderr', 'F', tail);
    const { drained, results, left } = read(text);
    assert.deepEqual(drained, { 'failure connect_refused 10.0.0.1:80': 1 });
    assert.deepEqual(results, { failure: 1, foreign: 1, partial: 1 });
    assert.equal(left, 0);
  });

  it('waits with a split line at the end of a large block too', () => {
    const before = cri('stderr', 'F', NOTICE).repeat(2000);
    const piece = cri('stderr', 'P', REFUSED.slice(0, 50));
    assert.ok(before.length > 131_072);
    const { left, results } = read(before + piece);
    assert.equal(left, piece.length);
    assert.deepEqual(results, { nothing: 2000 });
    const whole = read(piece + cri('stderr', 'F', REFUSED.slice(50)));
    assert.deepEqual(whole.drained, { 'failure connect_refused 10.0.0.1:80': 1 });
  });

  it('waits with a split line whose rest is not there yet, and with all after it', () => {
    const waiting = cri('stderr', 'P', REFUSED.slice(0, 50)) + cri('stdout', 'F', 'x');
    const { left, results } = read(cri('stderr', 'F', NOTICE) + waiting);
    assert.equal(left, waiting.length);
    assert.deepEqual(results, { nothing: 1 });
  });

  it('skips a line over the limit and counts it', () => {
    const { results, left } = read(`${'x'.repeat(LONGEST_LINE_BYTES + 1)}\n${REFUSED}\n`);
    assert.deepEqual(results, { failure: 1, too_long: 1 });
    assert.equal(left, 0);
  });
});
