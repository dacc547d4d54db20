import assert from 'node:assert/strict';
import {
  MOST_RANGE_BYTES,
  type RangeAhead,
  type RangeAnswer,
  type RangeWish,
  readFileRange,
} from '../../../src/sources/file-range.ts';
import type { Follow } from '../../../src/sources/line-source.ts';
import { LineSink, Story } from './story.ts';

/** Takes ranges and reads them when it is told to, as a thread would. */
class RangeSink extends LineSink {
  readonly taken: { readonly range: RangeAhead; readonly descriptor: number }[] = [];
  answer: RangeAnswer = 'taken';
  wish: RangeWish = 'wanted';
  offered = 0;
  readonly #buffer = Buffer.alloc(MOST_RANGE_BYTES);

  wantsRange(): RangeWish {
    return this.wish;
  }

  onRange(_: Follow, range: RangeAhead): RangeAnswer {
    this.offered++;
    if (this.answer === 'taken') this.taken.push({ range, descriptor: range.open() });
    return this.answer;
  }

  /** Reading the first ones fails. */
  fail(count: number): void {
    for (const { range, descriptor } of this.taken.splice(0, count)) range.failed(descriptor);
  }

  readTaken(): void {
    for (const { range, descriptor } of this.taken.splice(0)) {
      const bytes = readFileRange(descriptor, range, this.#buffer);
      if (bytes === undefined) range.vanished();
      else this.onBlock({ path: '', key: '' }, bytes, 0, bytes.length, true);
    }
  }
}

export class RangeStory extends Story {
  override sink = new RangeSink();

  /** Each line once, and nothing else. */
  isWhole(count: number): void {
    const lines = this.sink.lines.toSorted();
    assert.equal(lines.length, count);
    for (let i = 1; i < lines.length; i++) assert.notEqual(lines[i], lines[i - 1]);
    assert.match(lines[0] + lines.at(-1), /^2026.* line \d{6}2026.* line \d{6}$/);
  }
}
