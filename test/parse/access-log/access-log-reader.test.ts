import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SYMPTOMS } from '../../../src/contract/names.ts';
import { AccessCounts } from '../../../src/parse/access-log/access-counts.ts';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import {
  AccessLogReader,
  type AccessSource,
  LONGEST_ACCESS_LINE_BYTES,
} from '../../../src/parse/access-log/access-log-reader.ts';
import { ACCESS_RESULTS } from '../../../src/parse/access-log/access-results.ts';
import { CODES } from '../../../src/parse/access-log/codes.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { TimeBuckets } from '../../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../../src/parse/interner.ts';
import { LogCounts } from '../../../src/parse/log-counts.ts';
import { STREAM } from '../../../src/parse/log-prefix.ts';

const FORMAT = '$remote_addr "$request" $status "$upstream_addr" "$upstream_status" "$http_user_agent"';
const access = (status = 200, agent = 'curl') =>
  `10.0.0.9 "GET / HTTP/1.1" ${status} "10.0.0.1:80" "${status}" "${agent}"`;
const REFUSED =
  '2026/11/21 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "a"';
const cri = (stream: string, tag: string, text: string) => `2026-11-21T03:00:00.123456789Z ${stream} ${tag} ${text}\n`;
const docker = (stream: string, text: string) =>
  `${JSON.stringify({ log: text, stream, time: '2026-11-21T03:00:00Z' })}\n`;

interface Options {
  readonly format?: string;
  readonly final?: boolean;
  readonly wrapping?: AccessSource['wrapping'];
  readonly stream?: number;
  readonly hasErrors?: boolean;
}

function read(
  text: string,
  { format = FORMAT, final = false, wrapping = 'none', stream = STREAM.none, hasErrors = false }: Options = {},
) {
  const compiled = compileAccessFormat(format);
  if (isProblem(compiled)) assert.fail(compiled.reason);
  const counts = new AccessCounts(new Interner(16), new TimeBuckets([1]));
  const errors = new LogCounts(new Interner(16));
  const buffer = Buffer.from(text, 'latin1');
  const source = { wrapping, stream, ...(hasErrors && { errors }) };
  const used = new AccessLogReader(compiled).read(buffer, 0, buffer.length, final, counts, source);
  const codes: Record<string, number> = {};
  const ignore = () => {};
  counts.drain({
    requests: (_, code, n) => {
      codes[CODES[code]] = (codes[CODES[code]] ?? 0) + n;
    },
    ...{ durations: ignore, attempts: ignore, upstreamDurations: ignore, retries: ignore, connects: ignore },
  });
  const symptoms: Record<string, number> = {};
  errors.drain((symptom, _, n) => {
    symptoms[SYMPTOMS[symptom]] = n;
  });
  const results = Object.fromEntries(
    ACCESS_RESULTS.map((name, i) => [name, counts.results[i]]).filter(([, n]) => n !== 0),
  );
  return { left: buffer.length - used, codes, results, symptoms };
}

describe('AccessLogReader', () => {
  it('counts requests, and lines that do not fit by the reason', () => {
    const lines = [
      access(),
      access(502),
      '',
      'x',
      access().replace('200', '2000'),
      access().replace('"200"', '"200, 200"'),
    ];
    assert.deepEqual(read(lines.map((line) => `${line}\n`).join('')), {
      left: 0,
      codes: { 200: 1, 502: 1 },
      results: { request: 2, quotes: 2, text: 1, attempts: 1 },
      symptoms: {},
    });
  });

  it('leaves an unterminated line unread until it is final', () => {
    assert.equal(read(`${access()}\n${access()}`).left, access().length);
    assert.deepEqual(read(`${access()}\n${access()}`, { final: true }).codes, { 200: 2 });
  });

  it('counts error lines apart, and hands them over where they belong', () => {
    const text = `${access()}\n${REFUSED}\n`;
    assert.deepEqual(read(text), { left: 0, codes: { 200: 1 }, results: { request: 1, error_line: 1 }, symptoms: {} });
    assert.deepEqual(read(text, { hasErrors: true }).symptoms, { connect_refused: 1 });
  });

  it('reads a container log with both in one go, each from its stream', () => {
    const text =
      cri('stdout', 'F', access()) +
      cri('stderr', 'F', REFUSED) +
      cri('stderr', 'F', access(500)) +
      cri('stdout', 'F', REFUSED) +
      'x\n';
    assert.deepEqual(read(text, { wrapping: 'container', stream: STREAM.stdout, hasErrors: true }), {
      left: 0,
      codes: { 200: 1 },
      results: { request: 1, other_stream: 2, error_line: 1, unwrapped: 1 },
      symptoms: { connect_refused: 2 },
    });
  });

  it('joins what the runtime has split, and waits for its rest', () => {
    const [head, tail] = [access().slice(0, 30), access().slice(30)];
    const split = cri('stdout', 'P', head) + cri('stderr', 'F', REFUSED);
    const source = { wrapping: 'container', stream: STREAM.stdout } as const;
    assert.equal(read(split, source).left, split.length);
    assert.deepEqual(read(split + cri('stdout', 'F', tail), source).results, {
      request: 1,
      partial: 1,
      other_stream: 1,
    });
  });

  it("reads Docker's lines, whose quotes are escaped or Docker's own", () => {
    const source = { wrapping: 'container', stream: STREAM.stdout } as const;
    assert.deepEqual(read(docker('stdout', `${access()}\n`), source).codes, { 200: 1 });
    assert.deepEqual(
      read(docker('stdout', '$request 500 200\n').replace('$request 500', 'x'), {
        ...source,
        format: '$http_x $status',
      }).codes,
      { 200: 1 },
    );
  });

  it('does not take a wrapping off that is none', () => {
    const line = cri('stdout', 'F', '500 200').trimEnd();
    assert.deepEqual(read(`${line}\n`, { format: '$http_x $status' }).codes, { 200: 1 });
  });

  it('counts nothing that may be of either log where both are in one stream', () => {
    const line = '2026/11/21 03:00:00 [error] 7#7: *1 x, host: "a" 200';
    const format = '$http_x "$http_y" $status';
    assert.deepEqual(read(`${line}\n`, { format, hasErrors: true }), {
      left: 0,
      codes: {},
      results: { ambiguous: 1 },
      symptoms: {},
    });
    assert.deepEqual(read(`${line}\n`, { format }).codes, { 200: 1 });
  });

  it('reads lines up to 128 KiB', () => {
    const long = (bytes: number) => access(200, 'x'.repeat(bytes - access(200, '').length));
    const text = `${long(65_536)}\n${long(LONGEST_ACCESS_LINE_BYTES)}\n${long(LONGEST_ACCESS_LINE_BYTES + 1)}\n${access(404)}\n`;
    assert.deepEqual(read(text), {
      left: 0,
      codes: { 200: 2, 404: 1 },
      results: { request: 3, too_long: 1 },
      symptoms: {},
    });
  });
});

describe('hostile values never move a counter', () => {
  const escaped = (value: Buffer) =>
    [...value].map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  for (const [name, agent] of Object.entries({
    quotes: escaped(Buffer.from('" 500 "6.6.6.6:66" "500"')),
    'fields without quotes': ' 500 10.6.6.6:66 : 500, 500 ',
    'a variable': '$status $upstream_status',
    'invalid UTF-8': escaped(Buffer.from([0xff, 0xfe, 0xc3, 0x28])),
    'a line break': `${escaped(Buffer.from('\n'))}${access(500)}`.replaceAll('"', '\\x22'),
    '64 KiB': 'x'.repeat(65_536),
    '64 KiB of fields': ' 500 "'.replace('"', '\\x22').repeat(6_000),
    'a wrapping': cri('stdout', 'F', '500').trim(),
  })) {
    it(name, () => assert.deepEqual(read(`${access(200, agent)}\n`).codes, { 200: 1 }));
  }
});
