import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { ErrorLogReader } from '../../src/parse/error-log-reader.ts';
import { Interner } from '../../src/parse/interner.ts';
import { LINE_RESULTS, LogCounts } from '../../src/parse/log-counts.ts';
import type { Follow } from '../../src/sources/line-source.ts';
import { LineSink, Story } from '../sources/tail/story.ts';

const AT = '2026-11-22T10:00:00.000000000Z';
const BEGINNING = `${AT} stderr P 2026/11/22 10:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) `;
const REST = `${AT} stderr F while connecting to upstream, client: 10.0.0.1, server: a, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:80/", host: "a"\n`;
const OTHER = `${AT} stdout F ${'x'.repeat(1_000)}\n`;
const CONTAINER_LOG_LINES = { partial: 1, failure: 1 };

class ErrorLogSink extends LineSink {
  readonly counts = new LogCounts(new Interner(8));
  readonly #reader = new ErrorLogReader();

  override onBlock(_file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    return this.#reader.read(buffer, start, end, final, this.counts);
  }

  /** Kinds of lines, and how many there were. */
  get results(): Record<string, number> {
    const all = LINE_RESULTS.map((name, index) => [name, this.counts.results[index]] as const);
    return Object.fromEntries(all.filter(([, count]) => count > 0));
  }
}

function follow(t: TestContext, text: string) {
  const story = new Story(t);
  const sink = new ErrorLogSink();
  story.sink = sink;
  writeFileSync(story.log, text);
  story.follow();
  return { story, sink };
}

/** The other stream of a container may write so many lines before the rest of a split line. */
for (const between of [70, 80, 100, 110]) {
  test(`the rest of a split line ${between} KB behind it`, (t) => {
    const { sink } = follow(t, `${BEGINNING}\n${OTHER.repeat(between)}${REST}${OTHER.repeat(300)}`);
    assert.deepEqual(sink.results, { ...CONTAINER_LOG_LINES, foreign: between + 300 });
    assert.equal(sink.skippedBytes, 0);
  });

  test(`the rest of a split line ${between} KB behind it, which begins far into a block`, (t) => {
    const { sink } = follow(t, `${OTHER.repeat(150)}${BEGINNING}\n${OTHER.repeat(between)}${REST}${OTHER.repeat(300)}`);
    assert.deepEqual(sink.results, { ...CONTAINER_LOG_LINES, foreign: between + 450 });
    assert.equal(sink.skippedBytes, 0);
  });

  test(`the rest of a split line is written ${between} KB later`, (t) => {
    const { story, sink } = follow(t, `${BEGINNING}\n${OTHER.repeat(between)}`);
    assert.equal(sink.skippedBytes, 0);
    appendFileSync(story.log, REST);
    story.tick();
    assert.deepEqual(sink.results, { ...CONTAINER_LOG_LINES, foreign: between });
  });
}

test('the rest of a split line never comes: nothing else is lost', (t) => {
  const { story, sink } = follow(t, `${BEGINNING}\n${OTHER.repeat(500)}`);
  assert.equal(sink.results.foreign, 500);
  story.write(...Array<string>(3).fill(OTHER.trimEnd()));
  story.tick();
  assert.equal(sink.results.foreign, 503);
  assert.equal(sink.skippedBytes, 0);
});
