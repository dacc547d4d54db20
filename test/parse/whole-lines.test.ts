import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AccessCounts } from '../../src/parse/access-log/access-counts.ts';
import { AccessLogReader } from '../../src/parse/access-log/access-log-reader.ts';
import { TimeBuckets } from '../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../src/parse/interner.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import { endOfWholeLines } from '../../src/parse/whole-lines.ts';
import { formatOf } from '../support/access-lines.ts';

const STAMP = '2026-11-21T10:00:00.000000000Z';
const FORMAT = formatOf('$status $request_length');

describe('the end of whole lines', () => {
  const reader = new AccessLogReader(FORMAT);
  /** How much the reader itself uses, and its answer. */
  const read = (block: Buffer, start: number, end: number, isContainer: boolean, final: boolean) => {
    const counts = new AccessCounts(new Interner(4), new TimeBuckets([1]));
    const source = isContainer
      ? ({ wrapping: 'container', stream: STREAM.stdout } as const)
      : ({ wrapping: 'none', stream: STREAM.none } as const);
    return { used: reader.read(block, start, end, final, counts, source), results: [...counts.pack().results] };
  };

  it('a plain file: behind the last newline', () => {
    const block = Buffer.from('junk\n200 1\n404 2\n50');
    assert.equal(endOfWholeLines(block, 5, block.length, 'none'), block.length - 2);
    assert.equal(endOfWholeLines(block, 17, block.length, 'none'), 17);
    assert.equal(endOfWholeLines(block, 5, 5, 'none'), 5);
  });

  it('a container: the beginning of a line whose rest is not there waits, with all behind it', () => {
    const lines = [`${STAMP} stdout F 200 1\n`, `${STAMP} stderr P half \n`, `${STAMP} stdout F 200 1\n`];
    const block = Buffer.from(`${lines.join('')}${STAMP} std`);
    assert.equal(endOfWholeLines(block, 0, block.length, 'container'), lines[0].length);
    const whole = Buffer.from(`${lines.join('')}${STAMP} stderr F rest\n`);
    assert.equal(endOfWholeLines(whole, 0, whole.length, 'container'), whole.length);
  });

  it('of two streams that wait for each other the earlier beginning', () => {
    const lines = ['stdout F 200 1', 'stdout P 20', 'stderr P half ', 'stdout F 0 1'].map((one) => `${STAMP} ${one}\n`);
    const block = Buffer.from(lines.join(''));
    assert.equal(endOfWholeLines(block, 0, block.length, 'container'), lines[0].length);
  });

  it('what is farther than any rest is not waited for', () => {
    const block = Buffer.from(`${STAMP} stderr P half \n${`${STAMP} stdout F 200 1\n`.repeat(4000)}`);
    assert.equal(endOfWholeLines(block, 0, block.length, 'container'), block.length);
  });

  it('is where the reader stops, and the reader uses all before it', () => {
    const piece = fc.record({
      kind: fc.constantFrom('stdout F', 'stdout F', 'stdout P', 'odd'),
      length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(16_384)),
    });
    const text = fc
      .array(piece, { maxLength: 40 })
      .map((all) =>
        all
          .map(({ kind, length }) =>
            kind === 'odd' ? 'nobody wrote this\n' : `${STAMP} ${kind} ${'2'.repeat(length)}\n`,
          )
          .join(''),
      );
    fc.assert(
      fc.property(text, fc.nat(400), fc.boolean(), (all, cut, isContainer) => {
        const block = Buffer.from(all.slice(0, Math.max(0, all.length - cut)));
        const end = endOfWholeLines(block, 0, block.length, isContainer ? 'container' : 'none');
        const there = read(block, 0, block.length, isContainer, false);
        assert.equal(end, there.used);
        assert.deepEqual(read(block, 0, end, isContainer, true), { used: end, results: there.results });
      }),
      { numRuns: 60 },
    );
  });
});
