import {
  closeSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFile,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CheckpointRegistry, Clock, Logger, Persistent } from '../contract/unit.ts';

const FILE_NAME = 'state.json';
const VERSION = 1;
const INTERVAL_MS = 1_000;
/** What could be read again waits for so many intervals: at 50 lines/s a save each second was a quarter of all CPU. */
const LAZY_INTERVALS = 5;
/** A bigger file is not written and not read. */
const SIZE_LIMIT = 64 * 1024 * 1024;
const CORRUPT_KEPT = 3;
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
  #timer: NodeJS.Timeout | undefined;
  #skipped = 0;

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** @throws when the name is taken. */
  register(name: string, part: Persistent): void {
    if (this.#parts.has(name)) throw new Error(`checkpoint part registered twice: ${name}`);
    this.#parts.set(name, part);
    if (this.#loaded && Object.hasOwn(this.#loaded, name)) part.restore(this.#loaded[name]);
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
    this.#timer ??= setInterval(() => {
      if (!this.#isDue()) return;
      this.#inFlight ??= this.#saveInBackground().finally(() => {
        this.#inFlight = undefined;
      });
    }, this.#options.intervalMs ?? INTERVAL_MS);
  }

  #isDue(): boolean {
    const isUrgent = [...this.#parts.values()].some((part) => part.isUrgent?.());
    this.#skipped = isUrgent ? 0 : (this.#skipped + 1) % LAZY_INTERVALS;
    return this.#skipped === 0;
  }

  /** Saves a last time. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#inFlight;
    this.save();
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

  /** The disk may take long: only the snapshot is taken on the loop. */
  async #saveInBackground(): Promise<void> {
    const text = this.#text();
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
    if (this.#state.ok) log.warn({ directory, error: error.message }, 'checkpoint cannot be saved');
    this.#state = { ok: false, detail: `cannot be saved: ${error.message}`, lastSavedMs: this.#state.lastSavedMs };
  }
}

function openTemporary(directory: string, suffix: string): number {
  const path = join(directory, FILE_NAME + suffix);
  try {
    return openSync(path, 'w', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openSync(path, 'w', 0o600);
  }
}

function writeTemporary(directory: string, text: string): void {
  const fd = openTemporary(directory, '.now');
  try {
    // writeSync may write a part and say so only in its result, as on a full disk.
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

interface Read {
  readonly parts: Record<string, unknown>;
  readonly found: boolean;
  /** Why what is there cannot be used. */
  readonly problem?: string;
}

function readParts(directory: string): Read {
  const path = join(directory, FILE_NAME);
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return { parts: {}, found: false };
    if (size > SIZE_LIMIT) return { parts: {}, found: true, problem: `${size} bytes is too big` };
    const { version, parts } = (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Record<string, unknown>;
    if (version !== VERSION) return { parts: {}, found: true, problem: 'another version wrote it' };
    if (typeof parts !== 'object' || parts === null) return { parts: {}, found: true, problem: 'it has no parts' };
    return { parts: parts as Record<string, unknown>, found: true };
  } catch (error) {
    return { parts: {}, found: true, problem: (error as Error).message.slice(0, 200) };
  }
}

/** Keeps the last few unusable files for whoever wants to know. */
function setAside(directory: string): void {
  try {
    const numbers = readdirSync(directory).flatMap((name) => /^state\.json\.corrupt-(\d+)$/.exec(name)?.[1] ?? []);
    const sorted = numbers.map(Number).sort((a, b) => a - b);
    renameSync(join(directory, FILE_NAME), join(directory, `${FILE_NAME}.corrupt-${(sorted.at(-1) ?? 0) + 1}`));
    for (const old of sorted.slice(0, Math.max(0, sorted.length + 1 - CORRUPT_KEPT))) {
      rmSync(join(directory, `${FILE_NAME}.corrupt-${old}`), { force: true });
    }
  } catch {
    // Read-only: it stays where it is and is replaced when the directory becomes writable.
  }
}
