import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BACKEND_EVENTS, backendEvent, EVENT_WORDS, suspectLines } from '../../src/parse/backend-line.ts';

/** As the programs write them. */
const LINES = [
  ['double_write', '2026/11/21 12:00:00 http: superfluous response.WriteHeader call from main.handler (main.go:14)'],
  ['double_write', '2016/11/21 12:00:00 http: multiple response.WriteHeader calls'],
  ['double_write', '{"level":"error","msg":"http: superfluous response.WriteHeader call from main.x (m.go:1)"}'],
  ['panic', 'panic: runtime error: index out of range [3] with length 3'],
  ['panic', '2026/11/21 12:00:00 http: panic serving 10.0.0.1:51000: boom'],
  ['out_of_memory', 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space'],
  ['out_of_memory', 'java.lang.OutOfMemoryError: unable to create native thread'],
  ['out_of_memory', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
  ['out_of_memory', 'fatal error: runtime: out of memory'],
  ['address_in_use', 'Error: listen EADDRINUSE: address already in use :::3000'],
  ['address_in_use', '2026/11/21 12:00:00 listen tcp :8080: bind: address already in use'],
  ['no_local_port', 'Error: connect EADDRNOTAVAIL 10.0.0.1:5432 - Local (0.0.0.0:0)'],
  ['no_local_port', '2026/11/21 12:00:00 dial tcp 10.0.0.1:5432: connect: cannot assign requested address'],
  [
    'too_many_files',
    '2026/11/21 12:00:00 http: Accept error: accept tcp [::]:8080: accept4: too many open files; retrying',
  ],
  ['too_many_files', "Error: EMFILE: too many open files, open '/app/x'"],
] as const;
const OTHERS = [
  '10.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET /?q=panic:+boom HTTP/1.1" 200 2 "-" "panic: I am a client"',
  'no panic: all is well',
  'the handbook says what java.lang.OutOfMemoryError means',
  'GET /response.WriteHeader',
  '',
];

describe('backendEvent', () => {
  for (const [event, line] of LINES)
    it(`${event}: ${line.slice(0, 60)}`, () => {
      assert.equal(backendEvent(line), event);
      assert.deepEqual(suspectLines(Buffer.from(`GET / 200\n${line}\nGET / 200\n`), 9), [10]);
    });

  for (const line of OTHERS) it(`nothing: ${line.slice(0, 60)}`, () => assert.equal(backendEvent(line), null));

  it('has words of ours for each, and a line for each', () => {
    for (const event of BACKEND_EVENTS) {
      assert.ok(EVENT_WORDS[event].length > 5);
      assert.ok(
        LINES.some(([one]) => one === event),
        event,
      );
    }
  });

  it('takes anything', () => {
    const hostile = [' " ] '.repeat(1000), 'Exception in thread "'.repeat(200), 'listen tcp '.repeat(400)];
    for (const line of hostile) assert.equal(backendEvent(line), null);
    fc.assert(fc.property(fc.string({ maxLength: 4096 }), (line) => backendEvent(line) === null));
  });
});

it('suspectLines gives each line once, in order, and no more than asked for', () => {
  const text = Buffer.from('panic panic EMFILE\nok\nEMFILE too many open files\nx panic');
  assert.deepEqual(suspectLines(text, 9), [0, 22, 49]);
  assert.equal(suspectLines(text, 2).length, 2);
  assert.deepEqual(suspectLines(Buffer.alloc(0), 9), []);
});
