import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CheckpointRegistry, Persistent } from '../../../src/contract/unit.ts';
import {
  type BlockSink,
  type Follow,
  type LossReason,
  Tailer,
  type TailerOptions,
} from '../../../src/sources/line-source.ts';

/** Keeps the parts as JSON text, like the file does. */
export class MemoryCheckpoint implements CheckpointRegistry {
  readonly #parts = new Map<string, Persistent>();
  readonly #saved: Record<string, unknown>;

  constructor(text = '{}') {
    this.#saved = JSON.parse(text);
  }

  register(name: string, part: Persistent): void {
    this.#parts.set(name, part);
    if (name in this.#saved) part.restore(this.#saved[name]);
  }

  text(): string {
    return JSON.stringify(Object.fromEntries([...this.#parts].map(([name, part]) => [name, part.save()])));
  }
}

/** Whole lines as text, and everything else the tailer said. */
export class LineSink implements BlockSink {
  readonly lines: string[] = [];
  readonly losses: { readonly reason: LossReason; readonly bytes: number }[] = [];
  readonly opened: string[] = [];
  readonly behind: number[] = [];
  readonly closed: string[] = [];
  skippedBytes = 0;
  largestBlock = 0;

  onBlock(_file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    this.largestBlock = Math.max(this.largestBlock, end - start);
    const last = final ? end - 1 : buffer.subarray(0, end).lastIndexOf(10);
    if (last < start) return 0;
    const text = buffer.toString('latin1', start, last + 1);
    this.lines.push(...(text.endsWith('\n') ? text.slice(0, -1) : text).split('\n'));
    return last + 1 - start;
  }

  onSkipped(_file: Follow, bytes: number): void {
    this.skippedBytes += bytes;
  }

  onLoss(_file: Follow, reason: LossReason, bytes: number): void {
    this.losses.push({ reason, bytes });
  }

  onOpen(file: Follow, behindBytes: number): void {
    this.opened.push(file.path);
    this.behind.push(behindBytes);
  }

  onClose(file: Follow): void {
    this.closed.push(file.path);
  }
}

/** A directory with an error.log, a clock that stands still, and a tailer that is stepped. */
export class Story {
  readonly directory = mkdtempSync(join(tmpdir(), 'tail-story-'));
  readonly log = join(this.directory, 'logs', 'error.log');
  sink = new LineSink();
  nowMs = Date.now();
  tailer!: Tailer;
  checkpoint!: MemoryCheckpoint;
  #options: Partial<TailerOptions>;

  constructor(t: TestContext, options: Partial<TailerOptions> = {}) {
    this.#options = options;
    mkdirSync(join(this.directory, 'logs'));
    t.after(async () => {
      await this.tailer?.stop();
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Begins to follow, or goes on from a checkpoint's text with the same sink. */
  follow(saved?: string): void {
    this.checkpoint = new MemoryCheckpoint(saved);
    this.tailer = new Tailer({
      globs: [this.log],
      startAt: 'beginning',
      clock: { now: () => this.nowMs },
      ...this.#options,
      sink: this.sink,
      checkpoint: this.checkpoint,
    });
    this.tailer.tick();
  }

  /** The process ends without a word; what it counted after the checkpoint `saved` is forgotten with it. */
  async die(): Promise<string> {
    const saved = this.checkpoint.text();
    await this.tailer.stop();
    return saved;
  }

  write(...lines: string[]): void {
    appendFileSync(this.log, lines.map((line) => `${line}\n`).join(''));
  }

  tick(afterMs = 0): void {
    this.nowMs += afterMs;
    this.tailer.tick();
  }

  /** Steps until archives, which are unpacked in the background, have been read. */
  async settle(): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      this.tick();
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (this.tailer.status().every(({ state }) => state !== 'catching_up') && round > 10) break;
    }
    this.tick();
  }

  /** Numbers of the lines delivered, in order: `1-10 12`; anything else as it is. */
  read(): string {
    const parts: string[] = [];
    let last = Number.NaN;
    for (const line of this.sink.lines) {
      const number = Number(/^2026.* line (\d{6})$/.exec(line)?.[1] ?? Number.NaN);
      if (number === last + 1) parts.push(`${parts.pop()?.split('-')[0]}-${number}`);
      else parts.push(Number.isNaN(number) ? line.slice(0, 80) : String(number));
      last = number;
    }
    return parts.join(' ');
  }

  /** `truncated:120 rotated_away:0`. */
  losses(): string {
    return this.sink.losses.map(({ reason, bytes }) => `${reason}:${bytes}`).join(' ');
  }

  /** Lines as nginx would write them: unlike each other from the first bytes on. */
  static lines(from: number, to: number): string[] {
    return Array.from({ length: to - from + 1 }, (_, at) => {
      const number = String(from + at).padStart(6, '0');
      return `2026/11/21 03:${number} [error] 31#31: *${number} connect() failed (111: Connection refused) line ${number}`;
    });
  }
}
