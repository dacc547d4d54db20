import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Frame, Recording } from './demo-recording.ts';

export interface ReplayOptions {
  /** Where `error.log` grows, and `proc/` and what was written by hand is rewritten. */
  readonly directory: string;
  /** How many seconds of the recording pass in one. */
  readonly speed: number;
  onAnswer(request: string, bytes: Buffer): void;
  onStage(atMs: number, done: string): void;
  onEnd(): void;
}

interface Event {
  readonly atMs: number;
  readonly happen: () => void;
}

export const ERROR_LOG = 'error.log';

/** Makes everything happen again at its time: writes to the files and hands over what was answered. */
export class Replay {
  private readonly events: readonly Event[];
  private readonly options: ReplayOptions;
  private next = 0;
  private startedMs = 0;
  private timer: NodeJS.Timeout | undefined;

  /** What was there at moment 0 is there at once. */
  constructor(recording: Recording, options: ReplayOptions) {
    this.options = options;
    this.events = eventsOf(recording, options);
    writeFileSync(join(options.directory, ERROR_LOG), '');
    this.happenUntil(0);
  }

  /** `failed` hears when something cannot be written; nothing happens any more then. */
  start(failed: (error: unknown) => void): void {
    this.startedMs = performance.now();
    this.schedule(failed);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Synchronous: a reader in this process never sees half a file. */
  private happenUntil(atMs: number): void {
    while (this.next < this.events.length && this.events[this.next].atMs <= atMs) this.events[this.next++].happen();
  }

  private schedule(failed: (error: unknown) => void): void {
    if (this.next === this.events.length) return;
    const dueMs = this.startedMs + this.events[this.next].atMs / this.options.speed;
    this.timer = setTimeout(
      () => {
        try {
          this.happenUntil((performance.now() - this.startedMs) * this.options.speed);
          this.schedule(failed);
        } catch (error) {
          failed(error);
        }
      },
      Math.max(1, dueMs - performance.now()),
    );
  }
}

/** In the order of the recording. */
function eventsOf(recording: Recording, options: ReplayOptions): Event[] {
  const { directory, onAnswer, onStage, onEnd } = options;
  const events: Event[] = [
    ...recording.errorLog.map(({ atMs, bytes }) => ({
      atMs,
      happen: () => appendFileSync(join(directory, ERROR_LOG), bytes),
    })),
    ...recording.kernel.map((frame) => ({
      atMs: frame.atMs,
      happen: () => replaceIn(join(directory, 'proc'), frame),
    })),
    ...[...recording.written, ...recording.nginx].map(({ atMs, name, bytes }) => ({
      atMs,
      happen: () => writeAnew(join(directory, name), bytes),
    })),
    ...recording.answers.map(({ atMs, name, bytes }) => ({ atMs, happen: () => onAnswer(name, bytes) })),
    ...recording.stages.map(({ atMs, done }) => ({ atMs, happen: () => onStage(atMs, done) })),
    { atMs: recording.durationMs, happen: onEnd },
  ];
  return events.sort((a, b) => a.atMs - b.atMs);
}

/** A file keeps its inode, by which processes of one network are told. */
function replaceIn(proc: string, { name, bytes }: Frame): void {
  const path = join(proc, name);
  if (name.endsWith('/')) rmSync(path, { recursive: true, force: true });
  else if (/^\d+\/net$/.test(name)) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(bytes.toString(), path);
  } else writeUnder(path, bytes);
}

/** Who reads the file meanwhile goes on with the one that was there. */
function writeAnew(path: string, bytes: Buffer): void {
  writeUnder(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

function writeUnder(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
