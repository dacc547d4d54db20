import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { explain } from '../../src/commands/explain.ts';
import { FAILURE_ROWS } from '../parse/nginx-failure-rows.ts';
import { lineOf } from '../parse/nginx-lines.ts';
import { TRAP_ROWS } from '../parse/nginx-trap-rows.ts';

const LINE = lineOf(FAILURE_ROWS[0]);
const KEYS =
  'line format time level pid tid connection errno phase symptom cause upstream client server host method upstream_failure status';
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CAPTURE = fileURLToPath(new URL('../fixtures/nginx/loopback-faults.log', import.meta.url));

async function* chunks(parts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function run(input: string | readonly (string | Buffer)[], json: boolean): Promise<string> {
  let text = '';
  const out = {
    write: (part: string) => {
      text += part;
      return true;
    },
    once: (event: string) => assert.equal(event, 'error', 'no drain expected'),
  };
  await explain(typeof input === 'string' ? input : chunks(input), { json, out: out as never });
  return text;
}

async function objects(input: string | readonly (string | Buffer)[]) {
  const text = await run(input, true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('--json: the object of a failed attempt, keys in order', async () => {
  const [found] = await objects(LINE);
  assert.equal(Object.keys(found).join(' '), KEYS);
  assert.deepEqual(found, {
    line: 1,
    format: 'plain',
    time: '2026/11/21 03:03:03',
    level: 'error',
    pid: 31,
    tid: 32,
    connection: 7,
    errno: 111,
    phase: 'connect',
    symptom: 'connect_refused',
    cause: 'connection_refused',
    upstream: { scheme: 'http', address: '10.244.1.17', port: 8080 },
    client: '192.168.1.7',
    server: 'shop.example.com',
    host: 'shop.example.com',
    method: 'GET',
    upstream_failure: true,
    status: 502,
  });
});

test('--json: any other line has all keys and only nulls', async () => {
  const [found] = await objects('10.0.0.1 - - [21/Nov/2026:03:03:03 +0000] "GET / HTTP/1.1" 502 0 "-" "curl"');
  assert.equal(Object.keys(found).join(' '), KEYS);
  const { line, format, upstream_failure, ...rest } = found;
  assert.deepEqual([line, format, upstream_failure], [1, 'other', false]);
  assert.ok(Object.values(rest).every((value) => value === null));
});

test('formats, and what a wrapper around something else is', async () => {
  const found = await objects([
    `${LINE}\r\n`,
    `2026-11-21T03:03:03.1Z stderr F ${LINE}\n`,
    `${JSON.stringify({ log: `${LINE}\n`, stream: 'stderr', time: 'x' })}\n`,
    `Nov 21 03:03:03 host nginx[31]: ${LINE}\n`,
    '2026-11-21T03:03:03.1Z stdout F 10.0.0.1 - - "GET /"\n',
    '{"log":"hello\\n","stream":"stdout"}\n',
  ]);
  assert.deepEqual(
    found.map(({ format, symptom }) => [format, symptom]),
    [
      ['plain', 'connect_refused'],
      ['cri', 'connect_refused'],
      ['docker-json', 'connect_refused'],
      ['prefixed', 'connect_refused'],
      ['other', null],
      ['other', null],
    ],
  );
});

test('a split CRI line is one line', async () => {
  const stamp = '2026-11-21T03:03:03.1Z stderr';
  const found = await objects([`${stamp} P ${LINE.slice(0, 90)}\n`, `${stamp} F ${LINE.slice(90)}\n`]);
  assert.deepEqual(
    found.map(({ line, format, symptom }) => [line, format, symptom]),
    [[2, 'cri', 'connect_refused']],
  );
});

test('the start-up form: level, no time and no process', async () => {
  const [found] = await objects('nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)');
  const { format, time, level, pid, tid, errno, symptom, cause, upstream_failure } = found;
  assert.deepEqual(
    { format, time, level, pid, tid, errno, symptom, cause, upstream_failure },
    {
      format: 'plain',
      time: null,
      level: 'emerg',
      pid: null,
      tid: null,
      errno: 98,
      symptom: 'config_rejected',
      cause: null,
      upstream_failure: false,
    },
  );
});

test('what a pasted line lacks is null, the rest is read', async () => {
  const [found] = await objects(`> ${LINE.slice(20)}`);
  assert.deepEqual([found.time, found.pid, found.symptom, found.upstream?.port], [null, 31, 'connect_refused', 8080]);
});

test('cause: [::1] and errno 99 is not a lack of ports', async () => {
  const text = LINE.replace(
    'connect() failed (111: Connection refused)',
    'connect() to [::1]:80 failed (99: Address not available)',
  );
  const [found] = await objects(text.replace('10.244.1.17:8080', '[::1]:80'));
  assert.deepEqual([found.symptom, found.cause], ['address_unavailable', 'no_route_to_host']);
});

test('words: the first of a kind in full, the others as a number', async () => {
  const text = await run([`${LINE}\n${LINE}\nhello\n`, lineOf(TRAP_ROWS[0])], false);
  assert.equal(text.match(/line 1: Connection refused\n/g)?.length, 1);
  assert.doesNotMatch(text, /line 2:/);
  assert.match(text, /line 4: Companion: peer marked down\n {2}symptom peer_marked_down/);
  assert.match(text, /status 502 if it was the last attempt/);
  assert.match(text, / {2}Likely: .+\n {2}Next: {3}.+\n/);
  assert.match(
    text,
    /^4 lines: 2 failed attempts, 1 companion, client or gateway line, 0 nginx lines without a failure, 1 other line$/m,
  );
  assert.match(text, /^ {8}2 {2}Connection refused, 10\.244\.1\.17:8080 {2}\(lines 1 to 2\)$/m);
});

test('words: one line by hand always gets an answer', async () => {
  assert.equal(await run('hello', false), 'Not a line of nginx’s error log.\n');
  assert.match(await run(lineOf(TRAP_ROWS[0]), false), /Companion/);
  assert.match(await run('2026/11/21 03:03:03 [notice] 1#1: exiting', false), /no failed attempt/);
});

test('nothing of a line reaches the terminal as a control sequence', async () => {
  const evil = LINE.replace('http://10.244.1.17:8080', 'http://\u001b]0;x\u0007\u009b31m').replace(
    'shop.example.com',
    'a\u009b\u202eb',
  );
  for (const json of [true, false]) {
    assert.doesNotMatch((await run([`${evil}\n`, evil], json)).replaceAll('\n', ''), /[\0-\x1f\x7f-\x9f\u202e]/);
  }
});

test('many upstreams share one row', async () => {
  const many = Array.from({ length: 700 }, (_, i) => LINE.replaceAll('10.244.1.17', `10.1.${i >> 8}.${i & 255}`));
  const text = await run([many.join('\n')], false);
  assert.ok(text.length < 300_000);
  assert.match(text, /^ {6}200 {2}more upstreams/m);
});

test('lines beyond 64 KiB, invalid UTF-8 and NULs', async () => {
  const found = await objects([
    Buffer.alloc(70_000, 97),
    '\n',
    Buffer.from([0, 255, 254, 10]),
    Buffer.from(`${LINE}\0\xff\n`, 'latin1'),
  ]);
  assert.deepEqual(
    found.map(({ format }) => format),
    ['other', 'other', 'plain'],
  );
});

test('any input: one object for every line, never an error', async () => {
  const pieces = fc.constantFrom(
    LINE,
    ...TRAP_ROWS.slice(0, 20).map(lineOf),
    '\n',
    '{"log":"',
    'nginx: [',
    '> ',
    '\0',
    '“',
    '\\"',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 8 }), async (parts) => {
      const text = parts.join('').replaceAll(' stderr P', '');
      const lines = text.split('\n');
      const expected = lines.at(-1) === '' ? lines.length - 1 : lines.length;
      if (text === '') return;
      const found = await objects([text]);
      if (!text.includes('{"log":"')) assert.equal(found.length, expected);
      for (const object of found) assert.equal(Object.keys(object).join(' '), KEYS);
    }),
    { numRuns: 300 },
  );
});

test('the command reads a file, standard input and --line', () => {
  const node = process.execPath;
  const fromFile = execFileSync(node, [MAIN, 'explain', '--json', CAPTURE], { encoding: 'utf8' });
  const failures = fromFile
    .trimEnd()
    .split('\n')
    .filter((line) => JSON.parse(line).upstream_failure);
  assert.equal(failures.length, 56);
  const fromInput = spawnSync(node, [MAIN, 'explain', '--json'], { input: `${LINE}\n`, encoding: 'utf8' });
  const fromLine = spawnSync(node, [MAIN, 'explain', '--json', '--line', LINE], { encoding: 'utf8' });
  assert.equal(fromInput.stdout, fromLine.stdout);
  assert.equal(fromLine.status, 0);
});

test('what cannot be read is one sentence with the next step, and exit code 2', () => {
  const asked = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'explain', ...args], { encoding: 'utf8' });
    return [status, stdout, stderr];
  };
  const next = 'nginx -T shows the error_log lines that name the files\n';
  const missing = `badgateway: cannot read /nonexistent (ENOENT: there is no such file); ${next}`;
  assert.deepEqual(asked('/nonexistent'), [2, '', missing]);
  const directory = `badgateway: cannot read /tmp (EISDIR: it is a directory; name a file in it); ${next}`;
  assert.deepEqual(asked('--json', '/tmp'), [2, '', directory]);
  const [status, , stderr] = asked(LINE);
  assert.equal(status, 2);
  assert.match(
    String(stderr),
    /^badgateway: cannot read .*there is no such file\); a line is asked for with --line\n$/,
  );
  assert.doesNotMatch(String(asked('/none\u001b[31m')[2]), /\u001b/);
  const [code, nothing, hint] = asked('--line', ' ');
  assert.deepEqual([code, nothing], [2, '']);
  assert.match(String(hint), /^badgateway: --line is empty; put the whole line in quotes: /);
});
