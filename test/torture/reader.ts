/**
 * Child process: the real Tailer and Checkpoint with a sink that counts how often each number came; the counts are in the
 * same checkpoint as the offsets. Arguments: glob, checkpoint directory, quietMs, `ranges` (the sink reads what is far ahead itself, some
 * milliseconds later). Messages: `ask` → `{ behind, seen, highest, lossEvents }`;
 * `save` → the same, when the checkpoint has it; `{ finish: written }` → the result.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { Checkpoint } from '../../src/sources/checkpoint.ts';
import { MOST_RANGE_BYTES, type RangeAhead, readFileRange } from '../../src/sources/file-range.ts';
import { type BlockSink, type Follow, type LossReason, Tailer } from '../../src/sources/line-source.ts';
import { numberOf } from './line-shape.ts';

const [glob, directory, quietMs, mode] = process.argv.slice(2);
const clock = { now: () => Date.now() };
const log = { debug() {}, info() {}, warn() {}, error() {} };

class CountingSink implements BlockSink {
  times = new Uint8Array(1 << 24);
  highest = -1;
  seen = 0;
  garbage = 0;
  lossEvents = 0;
  lossBytes = 0;

  onBlock(_file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    let at = start;
    while (at < end) {
      let newline = buffer.indexOf(10, at);
      if (newline < 0 || newline >= end) {
        if (!final) break;
        newline = end;
      }
      const number = numberOf(buffer, at, newline);
      if (number >= this.times.length) throw new Error(`more than ${this.times.length} lines`);
      if (number < 0) this.garbage += 1;
      else this.times[number] += 1;
      if (number > this.highest) this.highest = number;
      this.seen += 1;
      at = Math.min(end, newline + 1);
    }
    return at - start;
  }

  onSkipped(): void {
    this.garbage += 1;
  }

  onLoss(_file: Follow, _reason: LossReason, bytes: number): void {
    this.lossEvents += 1;
    this.lossBytes += bytes;
  }

  save(): unknown {
    const times = deflateSync(this.times.subarray(0, this.highest + 1), { level: 1 }).toString('base64');
    const { highest, seen, garbage, lossEvents, lossBytes } = this;
    return { times, highest, seen, garbage, lossEvents, lossBytes };
  }

  restore(saved: unknown): void {
    const { times, ...rest } = saved as { times: string };
    Object.assign(this, rest);
    this.times.set(inflateSync(Buffer.from(times, 'base64')));
  }

  result(written: number): object {
    let lost = 0;
    let duplicated = 0;
    for (let number = 0; number < written; number += 1) {
      if (this.times[number] === 0) lost += 1;
      else duplicated += this.times[number] - 1;
    }
    const { garbage, lossEvents, lossBytes } = this;
    return { lost, duplicated, garbage, lossEvents, lossBytes, highest: this.highest };
  }
}

/** So many of the ranges a sink cannot read. */
const FAILING = 1 / 8;

/** As with worker threads: no order, some time, and all of it before offsets are saved. */
class RangeSink extends CountingSink {
  ranges = 0;
  readonly #taken = new Map<RangeAhead, number>();
  readonly #buffer = Buffer.alloc(MOST_RANGE_BYTES);

  onRange(file: Follow, range: RangeAhead): 'taken' | 'full' {
    if (this.#taken.size === 6) return 'full';
    this.#taken.set(range, range.open());
    setTimeout(() => this.#read(file, range), Math.random() * 8);
    return 'taken';
  }

  override save(): unknown {
    for (const range of [...this.#taken.keys()]) this.#read({ path: '', key: '' }, range);
    const { ranges } = this;
    return { ...(super.save() as object), ranges };
  }

  override result(written: number): object {
    const { ranges } = this;
    return { ...super.result(written), ranges };
  }

  #read(file: Follow, range: RangeAhead): void {
    const descriptor = this.#taken.get(range);
    if (descriptor === undefined) return;
    this.#taken.delete(range);
    this.ranges += 1;
    // As if reading had failed.
    if (Math.random() < FAILING) {
      range.failed(descriptor);
      return;
    }
    const bytes = readFileRange(descriptor, range, this.#buffer);
    if (bytes === undefined) range.vanished();
    else this.onBlock(file, bytes, 0, bytes.length, true);
  }
}

const sink = mode === 'ranges' ? new RangeSink() : new CountingSink();
const checkpoint = new Checkpoint({ directory, clock, log });
checkpoint.register('counts', sink);
const limits = { quietMs: Number(quietMs) };
const tailer = new Tailer({ globs: [glob], startAt: 'beginning', sink, clock, checkpoint, limits });
checkpoint.load();
await tailer.start();
checkpoint.start();
process.on('message', async (message: unknown) => {
  if (message === 'ask' || message === 'save') {
    if (message === 'save') checkpoint.save();
    const cpu = process.cpuUsage();
    const { seen, highest, lossEvents } = sink;
    process.send?.({ behind: tailer.lagBytes(), seen, highest, lossEvents, cpuMs: (cpu.user + cpu.system) / 1000 });
    return;
  }
  await tailer.stop();
  await checkpoint.stop();
  process.send?.(sink.result((message as { finish: number }).finish), () => process.exit(0));
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');
