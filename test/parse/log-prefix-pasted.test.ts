import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINE_FORMATS } from '../../src/parse/log-prefix.ts';
import { repairLine, repairQuotes } from '../../src/parse/log-prefix-pasted.ts';
import { readRecord } from '../../src/parse/nginx-record.ts';

const MESSAGE = 'connect() failed (111: Connection refused) while connecting to upstream';
const FIELDS =
  ', client: 10.0.0.1, server: shop.example.com, request: "GET /a HTTP/1.1", upstream: "http://10.244.1.17:8080/a", host: "shop.example.com"';
const LINE = `2026/11/21 03:03:03 [error] 31#31: *7 ${MESSAGE}${FIELDS}`;
const WITHOUT_QUOTES = LINE.replaceAll('"', '');

const REPAIRED: readonly [name: string, line: string, format: string][] = [
  ['leading quote', `"${LINE}"`, 'plain'],
  ['quoted mail', `> ${LINE}`, 'plain'],
  ['root prompt', `# ${LINE}`, 'plain'],
  ['indented', `\t  ${LINE}`, 'plain'],
  ['no time', LINE.slice(20), 'plain'],
  ['time cut', LINE.slice(1), 'plain'],
  ['level cut', LINE.slice(21), 'plain'],
  ["behind another's level", `[error] [edge @ iad-01] ${LINE}`, 'prefixed'],
  ['no process', LINE.replace('31#31: ', ''), 'plain'],
  ['no head at all', `*7 ${MESSAGE}${FIELDS}`, 'plain'],
  ['escaped quotes', LINE.replaceAll('"', '\\"'), 'plain'],
  ['smart quotes', LINE.replaceAll(/"([^"]*)"/g, '“$1”'), 'plain'],
  ['no blank before the upstream', LINE.replace('upstream: "', 'upstream:"'), 'plain'],
  ['more blanks before the upstream', LINE.replace('upstream: "', 'upstream:     "'), 'plain'],
  ['quotes dropped', WITHOUT_QUOTES, 'plain'],
  ['stern', `shop-gateway-5d8f9c7b6-x2k4p nginx ${LINE}`, 'prefixed'],
  ['pod name', `shop-gateway-5d8f9c7b6-x2k4p ${LINE}`, 'prefixed'],
  ['Railway', `2026-11-21T03:03:03.000000000Z [err]  ${LINE}`, 'prefixed'],
  ['GCP', `ERROR 2026-11-21T03:03:03.123456Z [resource.labels.containerName: nginx] ${LINE}`, 'prefixed'],
  ['kubectl --prefix', `[pod/gateway-0/nginx] ${LINE}`, 'prefixed'],
  ['compose with one blank', `nginx | ${LINE}`, 'prefixed'],
  ['grep', `/var/log/nginx/error.log:12:${LINE}`, 'prefixed'],
  ['grep over docker files', `abc-json.log:${JSON.stringify({ log: `${LINE}\n`, stream: 'stderr' })}`, 'docker-json'],
  ['docker with other key order', JSON.stringify({ stream: 'stderr', log: `${LINE}\n` }), 'docker-json'],
  ['JSON of a pipeline', JSON.stringify({ level: 'x', message: LINE }), 'prefixed'],
];
for (const [name, line, format] of REPAIRED) {
  test(name, () => {
    const repaired = repairLine(line);
    assert.ok(repaired, 'not repaired');
    const record = readRecord(repaired.text);
    assert.equal(LINE_FORMATS[repaired.format], format);
    assert.deepEqual(
      [record?.errno, record?.symptom, record?.upstream, record?.upstreamFailure, record?.method],
      [111, 'connect_refused', { scheme: 'http', address: '10.244.1.17', port: 8080 }, true, 'GET'],
    );
  });
}

test('what was made up is marked', () => {
  const { hasTime, hasLevel, hasProcess, hasConnection } = repairLine(`${MESSAGE}${FIELDS}`)!;
  assert.deepEqual([hasTime, hasLevel, hasProcess, hasConnection], [false, false, false, false]);
});

test('a message alone, as documents quote it', () => {
  for (const text of ['No route to host', 'Host is unreachable']) {
    const repaired = repairLine(`… connect() failed (113: ${text}) while connecting to upstream …`);
    const record = readRecord(repaired!.text);
    assert.deepEqual([record?.errno, record?.phase, record?.symptom], [113, 'connect', 'host_unreachable']);
  }
});

test('the start-up form has neither time nor process', () => {
  const repaired = repairLine(
    'Nov 21 03:03:03 web-1 nginx[9]: nginx: [emerg] host not found in upstream "a" in /etc/nginx/nginx.conf:9',
  );
  assert.deepEqual([repaired?.hasTime, repaired?.hasProcess, repaired?.hasLevel], [false, false, true]);
  assert.equal(readRecord(repaired!.text)?.symptom, 'config_rejected');
});

const FOREIGN: readonly string[] = [
  `10.0.0.1 - - [21/Nov/2026:03:03:03 +0000] "GET / HTTP/1.1" 200 5 "-" "${LINE}"`,
  `shop.example.com 10.0.0.1 [21/Nov/2026:03:03:03 +0000] "GET / HTTP/1.1" 200 5 "-" "${LINE}"`,
  JSON.stringify({ remote: '10.0.0.1', agent: LINE }),
  '[Wed Oct 11 14:32:52 2000] [error] [client 127.0.0.1] client denied by server configuration',
  '2026/11/21 03:03:03 [alert] 6258#6258 [unit] sendmsg(9, -1, -1, 2) failed',
  'I0622 09:23:29.123456       7 controller.go:190] "Configuration changes detected"',
  '[2026-11-21 03:03:03.123][7][info][upstream] cds: add 1 cluster(s)',
  'time=2026-11-21T03:03:03Z level=ERROR msg="agent disconnected"',
  '{"log":',
  '{',
  '',
];
for (const line of FOREIGN) {
  test(`not nginx: ${line.slice(0, 60)}`, () => assert.equal(repairLine(line), null));
}

test('a line with quotes of its own is not touched', () => assert.equal(repairQuotes(LINE), LINE));

test('any text: no throw, and what is repaired is bounded', () => {
  const spliced = fc
    .tuple(fc.constantFrom(...REPAIRED.map(([, line]) => line)), fc.nat(300), fc.string())
    .map(([a, i, b]) => a.slice(0, i) + b);
  fc.assert(
    fc.property(fc.oneof(spliced, fc.string({ maxLength: 200 })), (text) => {
      assert.ok((repairLine(text)?.text.length ?? 0) <= text.length + 60);
    }),
    { numRuns: 1000 },
  );
});
