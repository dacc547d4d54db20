import { existsSync } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { AccessFormat } from '../parse/access-log/access-format.ts';
import type { AccessSource } from '../parse/access-log/access-log-reader.ts';
import type { RangeAhead } from '../sources/file-range.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  type FromThread,
  RANGES,
  SLOT_BYTES,
  SLOTS,
  STATE,
  type ThreadStart,
  type ToThread,
} from './access-log-messages.ts';

/** Beside the sources, beside a bundle, and beside a bundle's chunk. */
const PLACES = ['./access-log-worker.ts', './access-log-worker.mjs', '../access-log-worker.mjs'];
/** A thread reads a block in some milliseconds. One that has not for so long never will. */
const LONGEST_SILENCE_MS = 30_000;
/** Of what it keeps most is outside of its heap; a young generation as small as the program's own. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 } as const;

/** @throws when the installation has none. */
function findEntry(): URL {
  const urls = PLACES.map((place) => new URL(place, import.meta.url));
  const found = urls.find((url) => existsSync(url));
  if (found === undefined) throw new Error(`there is no ${urls.map(({ pathname }) => pathname).join(' nor ')}`);
  return found;
}

export interface ThreadSettings {
  readonly peerLimit: number;
  /** Upper bounds of durations in seconds. */
  readonly buckets: readonly number[];
  /** Replaces the worker's file; for tests. */
  readonly entry?: URL;
}

/** A range, and the descriptor that its thread was given. */
interface LeftRange {
  readonly ahead: RangeAhead;
  readonly descriptor: number;
}

/** What a thread says of what it was given. */
interface Collected {
  readonly counts: FromThread['counts'];
  readonly vanished: readonly RangeAhead[];
  readonly failed: readonly LeftRange[];
}

/**
 * One worker thread that reads access logs, seen from the main thread: it takes whole lines and is asked for its counts. Both sides
 * meet in shared memory, so the counts of all that it was given are here when `collect` returns: they and the offsets belong together,
 * as if the main thread had read the lines.
 */
export class AccessThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  readonly #slots = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
  readonly #bytes = new Uint8Array(this.#slots);
  readonly #formats: AccessFormat[] = [];
  /** Messages sent, see isDone. */
  #sent = 0;
  #isUsed = false;
  readonly #blocks = new Places(SLOTS);
  readonly #ranges = new Places(RANGES);
  /** Those that nobody has collected, by their numbers. */
  readonly #left: LeftRange[] = [];
  /** It has counts that nobody has collected. */
  #isHeld = false;

  /**
   * @param onFailure it cannot be started; nothing was given to it. One that fails later throws here: what it held is lost, and counted
   * again from the checkpoint when the process was started again
   * @throws when there are no more threads
   */
  constructor({ peerLimit, buckets, entry = findEntry() }: ThreadSettings, onFailure: (error: Error) => void) {
    const { port1, port2 } = new MessageChannel();
    const start: ThreadStart = { port: port2, slots: this.#slots, control: this.#control, peerLimit, buckets };
    this.#port = port1;
    // It closes descriptors that this thread has opened.
    const options = { workerData: start, transferList: [port2], resourceLimits: LIMITS, trackUnmanagedFds: false };
    this.#worker = new Worker(entry, options);
    this.#worker.unref();
    this.#worker.on('error', (error: Error) => {
      if (this.#isUsed) throw error;
      onFailure(error);
    });
  }

  /** It runs. */
  get isReady(): boolean {
    return Atomics.load(this.#control, CONTROL.state) === STATE.ready;
  }

  /** It runs and has room for a block, or for a range of a file. */
  hasRoom(kind: 'block' | 'range'): boolean {
    return this.isReady && (kind === 'block' ? this.#blocks : this.#ranges).free(this.#done) >= 0;
  }

  /** Messages that it has not read yet. */
  get backlog(): number {
    return (this.#sent - this.#done) | 0;
  }

  /** Takes whole lines of at most SLOT_BYTES, when it has room. */
  take(lines: Uint8Array, gateway: number, format: AccessFormat, source: AccessSource): void {
    const slot = this.#blocks.free(this.#done);
    const number = this.#numberOf(format);
    this.#bytes.set(lines, slot * SLOT_BYTES);
    this.#send({ kind: 'block', slot, length: lines.length, gateway, format: number, source });
    this.#blocks.take(slot, this.#sent);
    this.#isHeld = true;
  }

  /** Takes a range, when it has room. @throws when it cannot be opened */
  takeRange(ahead: RangeAhead, gateway: number, format: AccessFormat, source: AccessSource): void {
    const descriptor = ahead.open();
    const number = this.#numberOf(format);
    const range = this.#left.push({ ahead, descriptor }) - 1;
    const { from, to, last, first } = ahead;
    this.#send({ kind: 'range', range, descriptor, from, to, last, first, gateway, format: number, source });
    this.#ranges.take(this.#ranges.free(this.#done), this.#sent);
    this.#isHeld = true;
  }

  /** Asks for what it counts; `collect` must follow. */
  ask(): void {
    if (this.#isHeld) this.#send({ kind: 'collect' });
  }

  /**
   * Waits until it has read all that it was given, and returns what it has counted since the last time, and what was not there any more
   * or could not be read. @throws when it has failed
   */
  collect(): Collected {
    if (!this.#isHeld) return { counts: new Map(), vanished: [], failed: [] };
    this.#wait();
    const answer = receiveMessageOnPort(this.#port)?.message as FromThread | undefined;
    if (answer === undefined) throw new Error('a thread that reads access logs does not say what it has counted');
    const vanished = answer.vanished.map((range) => this.#left[range].ahead);
    const failed = answer.failed.map((range) => this.#left[range]);
    this.#left.length = 0;
    this.#isHeld = false;
    return { counts: answer.counts, vanished, failed };
  }

  /** All must be collected. */
  async end(): Promise<void> {
    this.#worker.removeAllListeners('error');
    this.#port.close();
    await this.#worker.terminate();
  }

  /** Messages that it has read. */
  get #done(): number {
    return Atomics.load(this.#control, CONTROL.done);
  }

  #numberOf(format: AccessFormat): number {
    const known = this.#formats.indexOf(format);
    if (known >= 0) return known;
    const number = this.#formats.push(format) - 1;
    this.#send({ kind: 'format', format: number, is: format });
    return number;
  }

  #send(message: ToThread): void {
    this.#port.postMessage(message);
    this.#sent = (this.#sent + 1) | 0;
    this.#isUsed = true;
  }

  /** Every wait for a single message has its own time: a slow thread is none that has stopped. */
  #wait(): void {
    for (;;) {
      const done = this.#done;
      if (Atomics.load(this.#control, CONTROL.state) === STATE.failed)
        throw new Error('a thread that reads access logs has failed');
      if (isDone(this.#sent, done)) return;
      if (Atomics.wait(this.#control, CONTROL.done, done, LONGEST_SILENCE_MS) === 'timed-out')
        throw new Error('a thread that reads access logs has stopped');
    }
  }
}

/** So many at most wait for a thread. */
class Places {
  /** For each the number of the message that it was sent with. */
  readonly #sent: Int32Array;

  constructor(count: number) {
    this.#sent = new Int32Array(count);
  }

  /** One whose message is among the first `done`; -1: there is none. */
  free(done: number): number {
    return this.#sent.findIndex((sent) => isDone(sent, done));
  }

  take(place: number, sent: number): void {
    this.#sent[place] = sent;
  }
}

/** Whether message `sent` is among the first `done`: both are counted in 32 bits, and never far apart. */
function isDone(sent: number, done: number): boolean {
  return ((sent - done) | 0) <= 0;
}
