import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlockIndex, marksOf } from '../../src/parse/block-index.ts';
import { BLOCK_BYTES, FOUND } from '../../src/parse/block-layout.ts';
import { LEVELS } from '../../src/parse/nginx-prefix.ts';
import { FIRST_FAILED_TO, messageWith, USUAL_MESSAGES } from '../../src/parse/usual-messages.ts';

const index = new BlockIndex();

function marks(block: Uint8Array, start = 0, end = block.length): number[] {
  index.scan(block, start, end);
  return [...index.marks.subarray(0, index.count)];
}

function expected(block: Uint8Array, start = 0, end = block.length): number[] {
  return [...block.keys()].filter((at) => at >= start && at < end && (block[at] === 10 || block[at] === 34));
}

test('marks every newline and quote of any bytes, by their place in the buffer', () => {
  const printable = fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 32, max: 126 }) }, fc.constantFrom(10, 34));
  const byte = fc.oneof(fc.constantFrom(10, 34), fc.nat(255));
  const bytes = (of: fc.Arbitrary<number>) => fc.array(of, { maxLength: 400 });
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 400 }), bytes(printable)),
      fc.oneof(bytes(byte), bytes(printable)),
      fc.nat(90),
      (noise, more, at) => {
        const block = Uint8Array.from([...noise, ...more]);
        const start = Math.min(at, block.length);
        const end = Math.max(start, block.length - at);
        assert.deepEqual(marks(block, start, end), expected(block, start, end));
        const lines = Array.from(index.lines.subarray(0, index.lineCount), (mark) => index.marks[mark]);
        assert.deepEqual(
          lines,
          expected(block, start, end).filter((place) => block[place] === 10),
        );
        assert.equal(
          index.isOdd,
          block.subarray(start, end).some((b) => b > 127 || (b < 32 && b !== 10)),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test('takes the longest block, all of it marks', () => {
  const block = new Uint8Array(BLOCK_BYTES).fill(34);
  assert.deepEqual(marks(block), [...block.keys()]);
  assert.deepEqual(marks(block, 5, 5), []);
  for (const odd of [7, 200]) assert.deepEqual(marks(block.fill(odd)), []);
  assert.deepEqual([index.isOdd, index.lineCount], [true, 0]);
});

test('leaves nothing behind for the next block', () => {
  marks(Buffer.from('"\x1b\n"'.repeat(99)));
  assert.deepEqual([marks(Buffer.from('abc')), index.isOdd], [[], false]);
});

const HEAD = '2026/11/21 03:03:03 [error] 31#32: *7 ';
const FIELDS = '10.0.0.1, server: a, request: "GET / HTTP/1.1", upstream: "http://10.244.1.17:8080/", host: "a"';

/** What `usual` finds in a line that stands in the middle of others. */
function usual(line: string) {
  const block = Buffer.from(`x"y"\n${line}\nrest "of" it`, 'latin1');
  const start = block.indexOf(10) + 1;
  const end = block.indexOf(10, start);
  index.scan(block, 0, block.length);
  const places = [...index.marks.subarray(0, index.count)];
  const number = index.usual(start, end, places.indexOf(start - 1) + 1, places.indexOf(end));
  const [level, message, , value, peer, peerEnd] = index.found;
  return {
    number,
    level: message < 0 ? null : LEVELS[level],
    message: message < 0 ? null : block.toString('latin1', message, end).slice(0, 10),
    peer: number > 0 ? block.toString('latin1', peer, peerEnd) : null,
    value: number > 0 ? block.toString('latin1', value, peer) : null,
  };
}

test('knows each usual message by its number, and its upstream', () => {
  USUAL_MESSAGES.forEach((message, i) => {
    const expected = {
      number: i + 1,
      level: 'error',
      message: messageWith(message, '').slice(0, 10),
      peer: '10.244.1.17:8080',
      value: 'http://',
    };
    assert.deepEqual(usual(HEAD + messageWith(message, '10.0.0.1:80') + FIELDS), expected, message);
  });
  assert.equal(FOUND.length, 6);
});

test('reads the head at any level, also of short lines', () => {
  for (const level of LEVELS) {
    const { number, level: found, message } = usual(`${HEAD.replace('error', level)}m`);
    assert.deepEqual([number, found, message], [0, level, 'm']);
  }
  for (const line of [HEAD, HEAD.replace('error', 'errors'), HEAD.replace('[', '('), 'x'])
    assert.equal(usual(line).message, null, line);
});

const [MESSAGE] = USUAL_MESSAGES;
const FAILED_TO = USUAL_MESSAGES[FIRST_FAILED_TO];
const NOT_USUAL: Readonly<Record<string, string>> = {
  'another level': HEAD.replace('error', 'warn') + MESSAGE + FIELDS,
  'no connection': HEAD.replace('*7 ', '') + MESSAGE + FIELDS,
  'sixteen digits': HEAD.replace('*7', '*1234567890123456') + MESSAGE + FIELDS,
  'another message': HEAD + MESSAGE.replace('live', 'leav') + FIELDS,
  'cut behind the message': HEAD + MESSAGE,
  'no request': HEAD + MESSAGE + FIELDS.replace(', request: "GET / HTTP/1.1"', ''),
  'no version': HEAD + MESSAGE + FIELDS.replace(' HTTP/1.1', ''),
  'a subrequest between': HEAD + MESSAGE + FIELDS.replace('1.1"', '1.1", subrequest: "/x"'),
  'a unix socket whose end is not told': HEAD + MESSAGE + FIELDS.replace('10.244.1.17:8080', 'unix:/a.sock'),
  'a quote before the peer': HEAD + MESSAGE + FIELDS.replace('"http:', '""http:'),
  'no scheme': HEAD + MESSAGE + FIELDS.replace('http://', ''),
  'a longer scheme': HEAD + MESSAGE + FIELDS.replace('http:', 'memcachedd:'),
  'an address with a space': HEAD + messageWith(FAILED_TO, 'unix:/a b') + FIELDS,
  'no words before what is behind an address': HEAD + FAILED_TO + FIELDS,
  'another message behind an address': `${HEAD}connect() to ${MESSAGE}${FIELDS}`,
  'a second upstream': `${HEAD + MESSAGE + FIELDS}, upstream: "http://6.6.6.6:6/"`,
  'an upstream in the upstream': HEAD + MESSAGE + FIELDS.replace('8080/', '8080/, upstream: '),
  'cut in the peer': HEAD + MESSAGE + FIELDS.slice(0, FIELDS.indexOf('.17:')),
};
for (const [name, line] of Object.entries(NOT_USUAL))
  test(`${name}: left to the general reader`, () => assert.equal(usual(line).number, 0));

test('knows the peer behind other schemes, and sockets of the file system', () => {
  for (const [upstream, value, peer] of [
    ['grpc://10.0.0.1:80', 'grpc://', '10.0.0.1:80'],
    ['memcached://10.0.0.1:80', 'memcached://', '10.0.0.1:80'],
    ['fastcgi://unix:/run/php/php-fpm.sock:', 'fastcgi://', 'unix:/run/php/php-fpm.sock'],
    ['fastcgi://unix:/run/a-long/name/of/a.sock', 'fastcgi://', null],
    ['http://unix:/run/a.sock:/x:/y', 'http://', 'unix:/run/a.sock'],
    ['https://users/x', 'https://', 'users'],
    ['http://[fd00::1]:80/x', 'http://', '[fd00::1]:80'],
  ] as const) {
    const seen = usual(HEAD + MESSAGE + FIELDS.replace('http://10.244.1.17:8080/', upstream));
    assert.deepEqual([seen.peer, seen.number], peer === null ? [null, 0] : [peer, 1], upstream);
    if (peer !== null) assert.equal(seen.value, value);
  }
});

test('no level behind error is usual, all before are', () => {
  const usualAt = LEVELS.filter((level) => usual(HEAD.replace('error', level) + MESSAGE + FIELDS).number > 0);
  assert.deepEqual(usualAt, ['emerg', 'alert', 'crit', 'error']);
});

test('a second upstream behind the referrer is what the client says of itself', () => {
  const line = `${HEAD + MESSAGE + FIELDS}, referrer: "x, upstream: "http://6.6.6.6:6/"`;
  assert.equal(usual(line).peer, '10.244.1.17:8080');
});

test('marksOf looks at one line, and not beyond the block', () => {
  const line = Buffer.from(`ab"${'x'.repeat(BLOCK_BYTES)}"`);
  const { index, first, last } = marksOf(line, 1, line.length);
  assert.deepEqual([...index.marks.subarray(first, last)], [2]);
});
