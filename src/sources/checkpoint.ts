import { closeSync, fsync, renameSync, writeFile, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CheckpointRegistry, Clock, Logger, Persistent, WakeUps } from '../contract/unit.ts';
import {
  FILE_NAME,
  openTemporary,
  readParts,
  SIZE_LIMIT,
  setAside,
  syncDirectory,
  VERSION,
  writeTemporary,
} from './checkpoint-file.ts';
import { lockCheckpoint } from './checkpoint-lock.ts';
import { EarliestTimer } from './earliest-timer.ts';
import { whyUnwritable } from './unwritable.ts';

const INTERVAL_MS = 1_000;
/** What could be read again waits for so many intervals: at 50 lines/s a save each second was a quarter of all CPU. */
const LAZY_INTERVALS = 5;
/** So many times others have their turn before a save must do all at once: two seconds where each takes 10 ms. Logs are not read meanwhile. */
const MOST_PREPARATIONS = 200;
/** Up to here the page cache is quicker than waking a thread for each step: 0.6 against 0.85 ms of CPU per save. */
const AT_ONCE_BYTES = 256 * 1024;

/** `fresh`: there was none. `set_aside`: there was one that could not be used. `disabled`: no directory. */
export type LoadOutcome = 'restored' | 'fresh' | 'set_aside' | 'disabled';

export interface CheckpointState {
  readonly ok: boolean;
  /** One sentence for the page. */
  readonly detail: string;
  readonly lastSavedMs: number | null;
}

export interface CheckpointOptions {
  /** Undefined: nothing survives a restart. Made when missing. */
  readonly directory: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shortest time between two saves. */
  readonly intervalMs?: number;
  readonly wakeUps?: WakeUps;
}

/**
 * Offsets and counters in one file that is replaced atomically. Parts are saved in one go between two events of the loop,
 * so that what was counted and what was read always belong together. Never throws: without a writable directory
 * everything works, but starts anew after a restart.
 */
export class Checkpoint implements CheckpointRegistry {
  readonly #options: CheckpointOptions;
  readonly #parts = new Map<string, Persistent>();
  #loaded: Record<string, unknown> | undefined;
  #state: CheckpointState = { ok: true, detail: 'nothing saved yet', lastSavedMs: null };
  #written = '';
  /** Counts saves; a slower, older one must not replace a newer one. */
  #sequence = 0;
  #inFlight: Promise<void> | undefined;
  readonly #intervalMs: number;
  readonly #timer: EarliestTimer;
  #tickedMs = 0;
  #skipped = 0;
  #unlock = () => {};

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#timer = new EarliestTimer(() => this.#tick(), options.wakeUps);
  }

  /** @throws when the name is taken. */
  register(name: string, part: Persistent): void {
    if (this.#parts.has(name)) throw new Error(`checkpoint part registered twice: ${name}`);
    this.#parts.set(name, part);
    if (this.#loaded && Object.hasOwn(this.#loaded, name)) part.restore(this.#loaded[name]);
  }

  /** Keeps the directory for this process and loads what is there. @throws when another process keeps it. */
  async open(): Promise<LoadOutcome> {
    if (this.#options.directory !== undefined) this.#unlock = await lockCheckpoint(this.#options.directory);
    return this.load();
  }

  load(): LoadOutcome {
    const { directory, log } = this.#options;
    if (directory === undefined) {
      this.#state = { ok: false, detail: 'no checkpoint directory is configured', lastSavedMs: null };
      return 'disabled';
    }
    const read = readParts(directory);
    if (read.problem) {
      setAside(directory);
      log.warn({ directory, problem: read.problem }, 'checkpoint set aside, starting fresh');
      this.#state = { ok: true, detail: `set aside: ${read.problem}`, lastSavedMs: null };
    }
    this.#loaded = read.parts;
    for (const [name, part] of this.#parts) if (Object.hasOwn(read.parts, name)) part.restore(read.parts[name]);
    if (read.problem) return 'set_aside';
    return read.found ? 'restored' : 'fresh';
  }

  state(): CheckpointState {
    return this.#state;
  }

  /** Saves now, when anything has changed. */
  save(): void {
    const text = this.#text();
    if (text === undefined) return;
    try {
      writeTemporary(this.#options.directory!, text);
      this.#replace(text);
      syncDirectory(this.#options.directory!);
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  /** Saves at once and then at every interval. Call it when the tailers have started: a crash in the first second is one, too. */
  start(): void {
    this.save();
    this.#tickedMs = performance.now();
    this.#tickLater();
  }

  #tickLater(): void {
    this.#timer.by(performance.now() + this.#intervalMs);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#tickLater();
    // Run with what else recurs, earlier than asked for.
    if (nowMs - this.#tickedMs < 0.9 * this.#intervalMs) return;
    this.#tickedMs = nowMs;
    if (!this.#isDue()) return;
    this.#inFlight ??= this.#saveInBackground().finally(() => {
      this.#inFlight = undefined;
    });
  }

  /** True: what `save` would do now takes no time. */
  #prepare(): boolean {
    return [...this.#parts.values()].every((part) => part.prepare?.() ?? true);
  }

  #isDue(): boolean {
    const isUrgent = [...this.#parts.values()].some((part) => part.isUrgent?.());
    this.#skipped = isUrgent ? 0 : (this.#skipped + 1) % LAZY_INTERVALS;
    return this.#skipped === 0;
  }

  /** Saves a last time, and gives the directory back. */
  async stop(): Promise<void> {
    this.#timer.stop();
    await this.#inFlight;
    this.save();
    this.#unlock();
  }

  /** All parts as they are now; undefined when that is what is on disk. */
  #text(): string | undefined {
    if (this.#options.directory === undefined) return undefined;
    const entries = [...this.#parts].map(([name, part]) => [name, part.save()]);
    // Parts of units that are switched off now keep what they had.
    const parts = { ...this.#loaded, ...Object.fromEntries(entries) };
    const text = JSON.stringify({ version: VERSION, parts });
    if (text === this.#written) return undefined;
    this.#sequence += 1;
    if (text.length <= SIZE_LIMIT) return text;
    this.#failed(new Error(`checkpoint of ${text.length} bytes is too big`));
    return undefined;
  }

  async #preparedText(): Promise<string | undefined> {
    const parts = [...this.#parts.values()];
    for (const part of parts) part.hold?.();
    try {
      for (let times = 0; times < MOST_PREPARATIONS && !this.#prepare(); times++) await turn();
      return this.#text();
    } finally {
      for (const part of parts) part.letGo?.();
    }
  }

  /** The disk may take long: only the snapshot is taken on the loop. */
  async #saveInBackground(): Promise<void> {
    const text = await this.#preparedText();
    if (text === undefined) return;
    const sequence = this.#sequence;
    try {
      const fd = openTemporary(this.#options.directory!, '.tmp');
      try {
        if (text.length <= AT_ONCE_BYTES) writeFileSync(fd, text);
        else await promisify(writeFile)(fd, text);
        await promisify(fsync)(fd);
      } finally {
        closeSync(fd);
      }
      if (sequence === this.#sequence) this.#replace(text, '.tmp');
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  #replace(text: string, suffix = '.now'): void {
    const path = join(this.#options.directory!, FILE_NAME);
    renameSync(path + suffix, path);
    this.#written = text;
    this.#state = { ok: true, detail: 'saved', lastSavedMs: this.#options.clock.now() };
  }

  #failed(error: Error): void {
    const { directory, log } = this.#options;
    const why = whyUnwritable(error);
    if (this.#state.ok) log.warn({ directory, error: why }, 'checkpoint cannot be saved');
    this.#state = { ok: false, detail: `cannot be saved: ${why}`, lastSavedMs: this.#state.lastSavedMs };
  }
}
