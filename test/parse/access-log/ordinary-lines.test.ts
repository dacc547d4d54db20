import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AccessCounts } from '../../../src/parse/access-log/access-counts.ts';
import { type AccessFormat, compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { ROOM_LEFT } from '../../../src/parse/access-log/access-layout.ts';
import { AccessLine } from '../../../src/parse/access-log/access-line.ts';
import { AccessLogReader } from '../../../src/parse/access-log/access-log-reader.ts';
import { ACCESS_RESULT } from '../../../src/parse/access-log/access-results.ts';
import { BUILTIN_FORMATS } from '../../../src/parse/access-log/builtin-formats.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { LINE_FITS } from '../../../src/parse/access-log/line-program.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { OrdinaryLines } from '../../../src/parse/access-log/ordinary-lines.ts';
import { QuickLine } from '../../../src/parse/access-log/quick-line.ts';
import { TimeBuckets } from '../../../src/parse/access-log/time-buckets.ts';
import { BlockIndex } from '../../../src/parse/block-index.ts';
import { Interner } from '../../../src/parse/interner.ts';
import { STREAM } from '../../../src/parse/log-prefix.ts';
import { LONGEST_PEER, MOST_LINES, SHORTEST_PEER } from '../../../src/parse/many-lines-layout.ts';
import { drained } from './drained.ts';
import { samplesOf } from './hostile-values.ts';
import { writeLine } from './nginx-writer.ts';
import { READABLE } from './odd-formats.ts';

const SOURCE = { wrapping: 'none', stream: STREAM.none } as const;
const FORMAT = '$status $request_time $body_bytes_sent "$upstream_addr" "$upstream_status" "$upstream_response_time"';

function compiled(words: string | readonly string[]): AccessFormat {
  const format = compileAccessFormat(words);
  if (isProblem(format)) assert.fail(format.reason);
  return format;
}

const countsOf = (limit: number) => new AccessCounts(new Interner(limit), new TimeBuckets([0.1, 1]));

/** All that the counts hold. */
function contentOf(counts: AccessCounts): Record<string, unknown> {
  const { bytes, upgrades, overflows, results } = counts;
  return { bytes: { ...bytes }, upgrades, overflows, results: [...results], ...drained(counts) };
}

/** Each line by itself, by the general reader. */
function oneByOne(format: AccessFormat, lines: readonly Buffer[], counts: AccessCounts): void {
  const line = new AccessLine(format);
  for (const text of lines) {
    const fits = LINE_FITS[line.read(text, 0, text.length)];
    if (fits === 'fits') counts.count(line, text);
    else counts.results[ACCESS_RESULT[fits]]++;
  }
}

const joined = (lines: readonly Buffer[]) => Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));

/** Twice: in the second block the peers are known. `limit`: of peers. */
function compare(format: AccessFormat, lines: readonly Buffer[], limit = 100): Record<string, unknown> {
  const [expected, counts] = [countsOf(limit), countsOf(limit)];
  const reader = new AccessLogReader(format);
  const block = joined(lines);
  for (let turn = 0; turn < 2; turn++) {
    oneByOne(format, lines, expected);
    // Not from the beginning of the buffer: positions of the block are others.
    const buffer = Buffer.concat([Buffer.from('"x"\n'), block]);
    assert.equal(reader.read(buffer, 4, buffer.length, true, counts, SOURCE), block.length);
  }
  const seen = contentOf(counts);
  assert.deepEqual(seen, contentOf(expected));
  return seen;
}

const line = (status: number | string, peer: string, answer: number | string = status, ms = '0.050') =>
  Buffer.from(`${status} ${ms} 10 "${peer}" "${answer}" "${ms}"`);

describe('OrdinaryLines', () => {
  const format = compiled(FORMAT);

  function read(lines: readonly Buffer[], known: Readonly<Record<string, number>>, source = FORMAT) {
    const index = new BlockIndex(true);
    const quick = QuickLine.of(index, compiled(source))!;
    const ordinary = new OrdinaryLines(quick, compiled(source));
    const learned = Buffer.from(Object.keys(known).join('\n'));
    index.scan(learned, 0, learned.length);
    for (const [peer, number] of Object.entries(known))
      ordinary.peers.learn(learned.indexOf(peer), learned.indexOf(peer) + peer.length, number);
    const block = joined(lines);
    index.scan(block, 0, block.length);
    const next = ordinary.read(0);
    const { lines: numbers, count, others, otherCount, sums } = ordinary;
    return {
      next,
      numbers: [...numbers.subarray(0, count * 6)],
      others: [...others.subarray(0, otherCount)],
      sums: [...sums],
    };
  }

  it("reads those that are nobody's failure, and leaves the others", () => {
    const known = { '10.0.0.1:80': 7 };
    const lines = [
      line(200, '10.0.0.1:80'),
      line(200, '10.0.0.2:80'),
      line(404, '10.0.0.1:80'),
      Buffer.from('200 0.001 10 "-" "-" "-"'),
      ...[line(429, '10.0.0.1:80'), line(499, '10.0.0.1:80', '-'), line(502, '10.0.0.1:80'), line(101, '10.0.0.1:80')],
      line(200, '10.0.0.1:80, 10.0.0.1:80', '502, 200', '0.001, 0.001'),
      line(200, '10.0.0.1:80', 500),
      Buffer.from('nothing'),
    ];
    const seen = read(lines, known);
    assert.deepEqual(seen.others, [1, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(
      seen.numbers.filter((_, at) => at % 6 < 4),
      [...[7, 200, 50, 200], ...[7, 404, 50, 404], ...[0, 200, 1, -2]],
    );
    assert.deepEqual([seen.next, seen.sums], [11, [0, 30, 0]]);
  });

  it('where the line says what the limits did, leaves all that they may have refused', () => {
    const texts = ['200 -', '403 REJECTED', '404 PASSED'].map((text) => Buffer.from(text));
    assert.deepEqual(read(texts, {}, '$status $limit_req_status').others, [1, 2]);
    assert.deepEqual(read(texts, {}, '$status $limit_conn_status').others, [1, 2]);
  });

  it('knows peers whose addresses have a usual length, each from others by its last byte', () => {
    const base = 'unix:/run/app/a-very-long-name-of-a-socket/that-is-not-known.sock';
    for (const length of [SHORTEST_PEER - 1, SHORTEST_PEER, 15, 16, 17, 24, LONGEST_PEER, LONGEST_PEER + 1]) {
      const peer = base.slice(0, length);
      const is = length >= SHORTEST_PEER && length <= LONGEST_PEER;
      assert.deepEqual(
        read([line(200, peer), line(200, `${peer.slice(0, -1)}#`)], { [peer]: 9 }).others,
        is ? [1] : [0, 1],
      );
    }
  });

  it('more lines than it takes at once, and more peers than it knows', () => {
    assert.ok(ROOM_LEFT >= 0);
    const short = Array.from({ length: MOST_LINES * 2 + 7 }, (_, i) => Buffer.from(String(200 + (i % 3))));
    compare(compiled('$status'), short);
    const many = Array.from({ length: 20_000 }, (_, i) => line(200, `10.${i >> 14}.${(i >> 7) & 127}.${i & 127}:80`));
    compare(format, many, 30_000);
    assert.ok(Number(compare(format, many.slice(0, 50), 20).overflows) > 0);
  });

  it('gateways whose peers have other numbers', () => {
    const reader = new AccessLogReader(format);
    const [one, other] = [countsOf(10), countsOf(10)];
    const first = joined([line(200, '10.0.0.1:80'), line(200, '10.0.0.2:80')]);
    const second = joined([line(200, '10.0.0.2:80'), line(200, '10.0.0.1:80'), line(201, '10.0.0.1:80')]);
    for (let turn = 0; turn < 3; turn++) {
      reader.read(first, 0, first.length, true, one, SOURCE);
      reader.read(second, 0, second.length, true, other, SOURCE);
    }
    assert.equal(contentOf(one)['request 10.0.0.1:80 200'], 3);
    const seen = contentOf(other);
    assert.deepEqual([seen['request 10.0.0.1:80 200'], seen['request 10.0.0.1:80 201']], [3, 3]);
  });
});

describe('whole blocks and line by line agree', () => {
  const damage = fc.tuple(
    fc.nat(400),
    fc.nat(3),
    fc.constantFrom('', ' ', ', ', ' : ', '-', '"', '0', '9', '\\', '.', '12345678901234567', '/', ':'),
  );

  for (const words of [...Object.values(BUILTIN_FORMATS), ...READABLE.map((format) => format.words), [FORMAT]]) {
    it(`on damaged lines of ${words.join(' + ')}`, () => {
      const parsed = parseFormatWords(words);
      if (isProblem(parsed)) assert.fail(parsed.reason);
      const lines = fc.array(fc.tuple(samplesOf(parsed), fc.array(damage, { maxLength: 1 })), {
        minLength: 1,
        maxLength: 8,
      });
      fc.assert(
        fc.property(lines, (list) => {
          const texts = list.map(([{ values }, damages]) => {
            const text = writeLine(parsed, values);
            return damages.reduce((line, [at, length, inserted]) => {
              const place = at % (line.length + 1);
              return Buffer.concat([line.subarray(0, place), Buffer.from(inserted), line.subarray(place + length)]);
            }, text);
          });
          // Lines of an error log among them are counted otherwise.
          const isPlain = (text: Buffer) => !/^\d{4}\/\d\d\/\d\d /.test(text.toString('latin1')) && !text.includes(10);
          compare(compiled(words), texts.filter(isPlain));
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe('a line at the very beginning of a block', () => {
  for (const [escaping, format, text] of [
    ['none', '$upstream_bytes_received $status', ' 200'],
    ['default', '$upstream_bytes_received $status', ' 200'],
    ['json', '$upstream_response_length $upstream_status $status', ' 200'],
    ['json', '$upstream_response_length $upstream_addr $status', '  200'],
  ]) {
    it(`that begins with an empty list: ${format}, escape=${escaping}`, () => {
      const counts = countsOf(10);
      const block = Buffer.from(`${text}\n`);
      new AccessLogReader(compiled([`escape=${escaping}`, format])).read(block, 0, block.length, true, counts, SOURCE);
      assert.equal(
        counts.results.reduce((sum, n) => sum + n, 0),
        1,
      );
    });
  }
});
