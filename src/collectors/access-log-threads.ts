import { availableParallelism } from 'node:os';
import type { Clock } from '../contract/unit.ts';
import type { AccessFormat } from '../parse/access-log/access-format.ts';
import type { AccessSource } from '../parse/access-log/access-log-reader.ts';
import { endOfWholeLines } from '../parse/whole-lines.ts';
import type { RangeAhead, RangeAnswer, RangeWish } from '../sources/file-range.ts';
import type { WatchedCounts } from './access-log-counts.ts';
import { SLOT_BYTES } from './access-log-messages.ts';
import { AccessThread, type ThreadSettings } from './access-log-thread.ts';

const SECOND_MS = 1000;
/** A file of which so much is to be read waits for its thread: meanwhile the main thread would compile what it needs no more, where processors are few. */
const FAR_BEHIND_BYTES = 64 * 1024 * 1024;
/** Not longer. */
const LONGEST_START_MS = 500;

export interface ThreadLimits {
  /** Threads at once. */
  readonly threads: number;
  /** Bytes per second above which a file is given to them. */
  readonly bytesPerSecond: number;
  /** They are ended after this long without work. */
  readonly idleMs: number;
}

/** How fast a file is read, in whole seconds. */
interface Pace {
  sinceMs: number;
  bytes: number;
  /** Above the limit in this second or the one before. */
  isHot: boolean;
}

/** Whose lines these are, and how they are read. */
export interface HotLog {
  readonly key: string;
  readonly counts: WatchedCounts;
  readonly format: AccessFormat;
  readonly source: AccessSource;
}

/**
 * Worker threads for files that grow fast, or have much to catch up with: only the time of reading lines is theirs. Files, offsets and
 * checkpoints stay with the main thread, which also reads what the threads have no room for. No thread runs where no file is fast.
 */
export class AccessThreads {
  readonly #limits: ThreadLimits;
  readonly #settings: ThreadSettings;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #paces = new Map<string, Pace>();
  readonly #gateways: WatchedCounts[] = [];
  #threads: AccessThread[] = [];
  #workedMs = 0;
  /** Until then files that are far behind wait for a thread. */
  #waitUntilMs = 0;
  #problem: string | undefined;

  /** A single processor gains nothing by threads. */
  constructor(limits: ThreadLimits, settings: ThreadSettings, clock: Clock, processors = availableParallelism()) {
    this.#limits = limits;
    this.#settings = settings;
    this.#clock = clock;
    this.#most = processors < 2 ? 0 : Math.min(limits.threads, processors);
  }

  /** Threads that run now. */
  get size(): number {
    return this.#threads.length;
  }

  /** Why there are none though there should be. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** So much of a file is to be read. Where that is much, threads for it start before any of it was. */
  expect(key: string, { wrapping }: AccessSource, bytes: number): void {
    if (this.#most === 0 || wrapping !== 'none') return;
    if (bytes < FAR_BEHIND_BYTES || bytes < 2 * this.#limits.bytesPerSecond) return;
    const now = this.#clock.now();
    this.#paces.set(key, { sinceMs: now, bytes: 0, isHot: true });
    this.#waitUntilMs = now + LONGEST_START_MS;
    this.#start();
  }

  /** How many bytes of [start, end) a thread has taken: whole lines; 0: the main thread must read them. */
  take(log: HotLog, buffer: Buffer, start: number, end: number): number {
    if (this.#most === 0 || !this.#isHot(log.key, end - start) || end - start > SLOT_BYTES) return 0;
    const thread = this.#leastBusy('block');
    if (thread === undefined) return 0;
    const whole = endOfWholeLines(buffer, start, end, log.source.wrapping);
    if (whole === start) return 0;
    thread.take(buffer.subarray(start, whole), this.#numberOf(log.counts), log.format, log.source);
    this.#workedMs = this.#clock.now();
    return whole - start;
  }

  /**
   * Whether a thread takes lines ahead of a file, which must be one without wrapping. While there are threads the main thread does not read them
   * itself: on a machine with few processors it would be in their way.
   */
  wantsRange(key: string, { wrapping }: AccessSource): RangeWish {
    if (wrapping !== 'none' || !this.#paces.get(key)?.isHot || this.#threads.length === 0) return 'refused';
    if (!this.#areReady) return this.#clock.now() < this.#waitUntilMs ? 'full' : 'refused';
    return this.#leastBusy('range') === undefined ? 'full' : 'wanted';
  }

  /** Gives a thread lines ahead of a file. */
  takeRange(log: HotLog, range: RangeAhead): RangeAnswer {
    const wish = this.wantsRange(log.key, log.source);
    if (wish !== 'wanted') return wish;
    try {
      this.#leastBusy('range')!.takeRange(range, this.#numberOf(log.counts), log.format, log.source);
    } catch {
      return 'refused';
    }
    this.#isHot(log.key, range.to - range.from);
    this.#workedMs = this.#clock.now();
    return 'taken';
  }

  /** A file is not read any more. */
  forget(key: string): void {
    this.#paces.delete(key);
  }

  /** Adds all that was taken to the counts of its gateways. Waits for it: some milliseconds. @throws when a thread has failed */
  collect(): void {
    for (const thread of this.#threads) thread.ask();
    const said = this.#threads.map((thread) => thread.collect());
    for (const { counts } of said) for (const [gateway, packed] of counts) this.#gateways[gateway].addAll(packed);
    for (const { vanished } of said) for (const range of vanished) range.vanished();
    for (const { failed } of said) for (const { ahead, descriptor } of failed) ahead.failed(descriptor);
  }

  /** Ends the threads when they have had nothing to do for long. */
  async rest(): Promise<void> {
    if (this.#threads.length > 0 && this.#clock.now() - this.#workedMs >= this.#limits.idleMs) await this.end();
  }

  async end(): Promise<void> {
    this.collect();
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.end()));
  }

  #isHot(key: string, bytes: number): boolean {
    const now = this.#clock.now();
    const pace = this.#paces.get(key) ?? { sinceMs: now, bytes: 0, isHot: false };
    this.#paces.set(key, pace);
    if (now - pace.sinceMs >= SECOND_MS || now < pace.sinceMs) {
      pace.isHot &&= pace.bytes > this.#limits.bytesPerSecond / 2 && now - pace.sinceMs < 2 * SECOND_MS;
      [pace.sinceMs, pace.bytes] = [now, 0];
    }
    pace.bytes += bytes;
    if (!pace.isHot && pace.bytes > this.#limits.bytesPerSecond) {
      pace.isHot = true;
      this.#start();
    }
    return pace.isHot;
  }

  /** One for each fast file, as far as there may be. */
  #start(): void {
    const wanted = [...this.#paces.values()].filter(({ isHot }) => isHot).length;
    this.#workedMs = this.#clock.now();
    try {
      while (this.#threads.length < Math.min(wanted, this.#most) && this.#problem === undefined) {
        const thread = new AccessThread(this.#settings, (error) => this.#fail(error, thread));
        this.#threads.push(thread);
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail({ message }: Error, thread?: AccessThread): void {
    this.#problem = `worker threads for access logs cannot be started, the main thread reads all: ${message}`;
    this.#threads = this.#threads.filter((one) => one !== thread);
  }

  get #areReady(): boolean {
    return this.#threads.some(({ isReady }) => isReady);
  }

  #leastBusy(kind: 'block' | 'range'): AccessThread | undefined {
    const free = this.#threads.filter((thread) => thread.hasRoom(kind));
    return free.reduce<AccessThread | undefined>(
      (best, one) => (best === undefined || one.backlog < best.backlog ? one : best),
      undefined,
    );
  }

  #numberOf(counts: WatchedCounts): number {
    const known = this.#gateways.indexOf(counts);
    return known >= 0 ? known : this.#gateways.push(counts) - 1;
  }
}
