import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINE_FORMATS, LineUnwrapper } from '../../src/parse/log-prefix.ts';

const LINE =
  '2026/11/21 03:03:03 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1, server: a, request: "GET /\\x HTTP/1.1", upstream: "http://10.244.1.17:80/", host: "a"';
const unwrapper = new LineUnwrapper();

function unwrap(line: string | Buffer) {
  const text = Buffer.from(line);
  const padded = Buffer.concat([Buffer.from('before\n'), text, Buffer.from('\nafter')]);
  unwrapper.unwrap(padded, 7, 7 + text.length);
  const { buffer, start, end, format, stream, partial } = unwrapper;
  return { content: buffer.toString('utf8', start, end), format: LINE_FORMATS[format], stream, partial };
}

const json = (log: string) => JSON.stringify({ log, stream: 'stderr', time: '2026-11-21T03:03:03.1Z' });

const WHOLE: readonly [name: string, line: string, format: string, stream: number][] = [
  ['plain', LINE, 'plain', 0],
  ['plain with a carriage return', `${LINE}\r`, 'plain', 0],
  ['CRI', `2024-11-30T12:57:27.641491692Z stderr F ${LINE}`, 'cri', 2],
  ['CRI, stdout, offset, one digit', `2024-11-30T12:57:27.6+08:00 stdout F ${LINE}`, 'cri', 1],
  ['CRI without fraction', `2024-11-30T12:57:27Z stderr F ${LINE}`, 'cri', 2],
  ['CRI with more tags', `2024-11-30T12:57:27.641491692Z stderr F:a:b ${LINE}`, 'cri', 2],
  ['CRI of old runtimes without a tag', `2016-10-06T00:17:09.669794202Z stderr ${LINE}`, 'cri', 2],
  ['docker json-file', json(`${LINE}\n`), 'docker-json', 2],
  ['docker json-file with a carriage return', json(`${LINE}\r\n`), 'docker-json', 2],
  ['docker json-file without escapes', `{"log":"2026/11/21 x\\n","stream":"stdout"}`, 'docker-json', 1],
  ['syslog of nginx', `<187>Nov 21 03:03:03 web-1 nginx: ${LINE}`, 'prefixed', 0],
  ['syslog of nginx, nohostname', `<187>Nov 21 03:03:03 nginx: ${LINE}`, 'prefixed', 0],
  ['syslog without priority', `Jul  6 15:03:34 host nginx[2130]: ${LINE}`, 'prefixed', 0],
  ['doubled tag', `Jul 06 15:03:34 host nginx[2130]: nginx: ${LINE}`, 'prefixed', 0],
  ['RFC 5424', `<171>1 2026-11-21T03:03:03.123Z host nginx 31 - - ${LINE}`, 'prefixed', 0],
  [
    'RFC 5424 with data and mark',
    `<171>1 2026-11-21T03:03:03Z host nginx - ID [a b="c d"][e] \ufeff${LINE}`,
    'prefixed',
    0,
  ],
  ['journald, ISO', `2026-11-21T03:03:03+0000 host nginx[31]: ${LINE}`, 'prefixed', 0],
  ['compose', `nginx-1  | ${LINE}`, 'prefixed', 0],
  ['compose, aligned', `proxy_nginx_1      | ${LINE}`, 'prefixed', 0],
  ['foreman', `nginx.1    | ${LINE}`, 'prefixed', 0],
  ['compose -t', `nginx-1  | 2026-11-21T03:03:03.123456789Z ${LINE}`, 'prefixed', 0],
];
for (const [name, line, format, stream] of WHOLE) {
  test(name, () => {
    const found = unwrap(line);
    if (!line.includes('2026/11/21 x')) assert.equal(found.content, LINE);
    assert.deepEqual([found.format, found.stream, found.partial], [format, stream, false]);
  });
}

test('pieces of a split line', () => {
  assert.deepEqual(unwrap('2024-11-30T12:57:27.6Z stderr P abc'), {
    content: 'abc',
    format: 'cri',
    stream: 2,
    partial: true,
  });
  assert.deepEqual(unwrap('2024-11-30T12:57:27.6Z stderr F'), {
    content: '',
    format: 'cri',
    stream: 2,
    partial: false,
  });
  assert.deepEqual(unwrap('2024-11-30T12:57:27.6Z stderr F '), {
    content: '',
    format: 'cri',
    stream: 2,
    partial: false,
  });
  assert.deepEqual(unwrap(json('abc')), { content: 'abc', format: 'docker-json', stream: 2, partial: true });
  assert.deepEqual(unwrap(json('a\tb')), { content: 'a\tb', format: 'docker-json', stream: 2, partial: true });
});

test('docker escapes', () => {
  const content = 'a"b\\c/\u0001\u001b<>&é\u2028€';
  const escaped = content.replaceAll(/[<>&\u2028€é]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const line = json(`${content}\n`).replace(
    JSON.stringify(content).slice(1, -1),
    JSON.stringify(escaped).slice(1, -1).replaceAll('\\\\u', '\\u'),
  );
  assert.equal(unwrap(line).content, content);
});

const FORGED = '2026/11/21 03:03:03 [error] 1#1: *1 no live upstreams while connecting to upstream, client: 1.1.1.1';
const OTHERS: readonly string[] = [
  `10.0.0.1 - - [21/Nov/2026:03:03:03 +0000] "GET / HTTP/1.1" 200 5 "-" "${FORGED}"`,
  `10.0.0.1 - ${FORGED}`,
  `10.0.0.1 ${FORGED}`,
  `shop.example.com ${FORGED}`,
  `10.0.0.1 | ${FORGED}`,
  `shop.example.com | ${FORGED}`,
  `shop-1 | ${FORGED}`,
  `<190>Nov 21 03:03:03 web-1 nginx: 10.0.0.1 - - [21/Nov/2026:03:03:03 +0000] "GET / HTTP/1.1" 200 5 "${FORGED}"`,
  `Nov 21 03:03:03 web-1 ${FORGED}`,
  `Nov 21 03:03:03 a b nginx: ${FORGED}`,
  `2026-11-21T03:03:03+00:00 10.0.0.1 ${FORGED}`,
  `{"remote":"10.0.0.1","agent":"${FORGED}"}`,
  `{"log":"not closed ${FORGED}`,
  'I0622 09:23:29.123456       7 controller.go:190] "Configuration changes detected"',
  'nginx: [emerg] host not found in upstream "a" in /etc/nginx/nginx.conf:9',
  '',
  '\r',
  '\0\0\0\0',
];
for (const line of OTHERS) {
  test(`nothing to take off: ${JSON.stringify(line.slice(0, 60))}`, () => {
    const found = unwrap(line);
    assert.equal(found.format, 'other');
    assert.equal(found.content, line === '\r' ? '' : line);
  });
}

test('any bytes: no throw, and the content lies inside', () => {
  const wrapped = fc.constantFrom(...WHOLE.map(([, line]) => line));
  const spliced = fc
    .tuple(wrapped, wrapped, fc.nat(300), fc.nat(300))
    .map(([a, b, i, j]) => Buffer.from(a.slice(0, i) + b.slice(j)));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b)),
        spliced,
      ),
      (line) => {
        unwrapper.unwrap(line, 0, line.length);
        assert.ok(unwrapper.start >= 0 && unwrapper.start <= unwrapper.end && unwrapper.end <= unwrapper.buffer.length);
        assert.ok(unwrapper.end - unwrapper.start <= line.length);
      },
    ),
    { numRuns: 2000 },
  );
});
