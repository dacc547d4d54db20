import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { NginxErrorLine } from '../../src/parse/nginx-error.ts';
import { UsualErrorLine } from '../../src/parse/nginx-usual.ts';
import { messageWith, USUAL_MESSAGES } from '../../src/parse/usual-messages.ts';
import { FAILURE_ROWS } from './nginx-failure-rows.ts';
import { lineOf } from './nginx-lines.ts';
import { TRAP_ROWS } from './nginx-trap-rows.ts';

const CAPTURE = readFileSync(new URL('../fixtures/nginx/loopback-faults.log', import.meta.url), 'latin1').split('\n');
const HEAD = '2026/11/21 03:03:03 [error] 31#32: *7 ';
const TAIL = '10.0.0.1, server: a, request: "GET / HTTP/1.1", upstream: "http://10.244.1.17:8080/", host: "a"';
const USUAL = USUAL_MESSAGES.map((message) => HEAD + messageWith(message, '10.244.1.17:8080') + TAIL);
const LINES = [...USUAL, ...CAPTURE, ...[...FAILURE_ROWS, ...TRAP_ROWS].map(lineOf)];
const quick = new UsualErrorLine();
const general = new NginxErrorLine();

function answer(line: NginxErrorLine, text: string) {
  const buffer = Buffer.from(text, 'latin1');
  if (!line.read(buffer, 0, buffer.length)) return null;
  const { level, symptom, failure, phase, errno, messageStart, hasConnection, hasUpstream, upstream } = line;
  const peer = hasUpstream ? buffer.toString('latin1', upstream.peerStart, upstream.peerEnd) : null;
  return { level, symptom, failure, phase, errno, messageStart, hasConnection, peer };
}

test('every usual message is a failed attempt with its peer', () => {
  for (const text of USUAL) {
    const { failure, peer, errno } = answer(quick, text) ?? {};
    assert.deepEqual({ failure, peer }, { failure: true, peer: '10.244.1.17:8080' }, text);
    // Behind other words it is a number of TLS, or a repetition.
    assert.equal(errno, Number(/ (?:failed|timed out) \((\d+):/.exec(text)?.[1] ?? 0), text);
  }
});

test('the same answer as the general reader on every known line', () => {
  for (const text of LINES) assert.deepEqual(answer(quick, text), answer(general, text), text);
});

test('the same answer when lines are damaged: bytes changed, cut, taken out or put in', () => {
  const damage = fc.record({ line: fc.constantFrom(...LINES), at: fc.nat(400), to: fc.nat(30), put: fc.string() });
  fc.assert(
    fc.property(damage, ({ line, at, to, put }) => {
      const text = line.slice(0, at) + put + line.slice(at + to);
      assert.deepEqual(answer(quick, text), answer(general, text));
    }),
    { numRuns: 5000 },
  );
});

test('the same answer on two lines spliced', () => {
  const line = fc.constantFrom(...LINES);
  fc.assert(
    fc.property(line, line, fc.nat(300), (one, two, at) => {
      const text = one.slice(0, at) + two.slice(at);
      assert.deepEqual(answer(quick, text), answer(general, text));
    }),
    { numRuns: 5000 },
  );
});
