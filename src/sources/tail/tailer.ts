import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Persistent } from '../../contract/unit.ts';
import { Glob } from '../glob.ts';
import type { FollowStatus, TailerLimits, TailerOptions } from '../line-source.ts';
import { type Beginning, type FollowEnvironment, FollowedFile } from './followed-file.ts';
import type { Generation } from './generation.ts';
import { type FileFacts, factsOf } from './identity.ts';
import { parseSavedFile, type SavedFile } from './saved-state.ts';
import { isArchiveName } from './siblings.ts';
import { WakeTail } from './wake-tail.ts';

const BLOCK_BYTES = 256 * 1024;
const POLL_MS = 100;
const SCAN_MS = 1_000;
/** A file without news for this long is watched instead of polled. */
const IDLE_MS = 2_000;
/** The event loop is given back after this much work. */
const SLICE_MS = 15;

const DEFAULT_LIMITS: TailerLimits = {
  files: 512,
  lineBytes: 64 * 1024,
  quietMs: 5_000,
  holdMs: 60_000,
  generations: 8,
  archiveBytes: 4 * 1024 ** 3,
};

interface Entry {
  readonly file: FollowedFile;
  readonly sentinel: WakeTail;
  /** Polled, not watched. */
  busy: boolean;
}

interface SavedTail {
  readonly savedMs: number;
  readonly files: ReadonlyMap<string, SavedFile>;
}

/**
 * Follows the files that match globs and hands over their bytes, each exactly once together with the checkpoint: whatever
 * the sink counted and the offsets are saved in the same tick. docs/tailing.md says what is guaranteed.
 */
export class Tailer implements Persistent {
  readonly #options: TailerOptions;
  readonly #limits: TailerLimits;
  readonly #globs: readonly Glob[];
  readonly #environment: FollowEnvironment;
  readonly #entries = new Map<string, Entry>();
  /** Files with something to read, in turn. */
  readonly #ready = new Set<FollowedFile>();
  #marks: Map<FollowedFile, ReadonlyMap<Generation, number>> | undefined;
  #saved: SavedTail | undefined;
  #final: unknown;
  #startedFirstTime = true;
  #overLimit = 0;
  #scanTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #pumping: NodeJS.Immediate | undefined;
  #running = false;

  /** @throws when a glob is not one. */
  constructor(options: TailerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#globs = options.globs.map((glob) => new Glob(glob));
    this.#environment = {
      sink: options.sink,
      clock: options.clock,
      buffer: Buffer.allocUnsafeSlow(BLOCK_BYTES),
      limits: this.#limits,
      isTaken: (facts, self) => this.#isHeld(facts, self),
      wake: (file) => this.#enqueue(file),
    };
    options.checkpoint.register(options.name ?? 'tail', this);
  }

  /** Opens what is there and begins to read in slices. */
  async start(): Promise<void> {
    this.#running = true;
    this.#scan();
    this.#marks = new Map([...this.#entries.values()].map(({ file }) => [file, file.mark()]));
    this.#scanTimer = setInterval(() => this.#scan(), SCAN_MS);
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#final = this.save();
    this.#running = false;
    clearInterval(this.#scanTimer);
    clearTimeout(this.#pollTimer);
    if (this.#pumping) clearImmediate(this.#pumping);
    for (const path of [...this.#entries.keys()]) this.#remove(path);
  }

  /** One scan, and everything read that is there; for tests. */
  tick(): void {
    this.#scan();
    while (this.#ready.size > 0) this.#readSlice(Number.POSITIVE_INFINITY);
  }

  /** True once everything that existed at start (sizes seen then) has been handed over. */
  caughtUp(): boolean {
    if (!this.#marks) return false;
    for (const [file, mark] of this.#marks) if (file.isPast(mark)) this.#marks.delete(file);
    return this.#marks.size === 0;
  }

  status(): readonly FollowStatus[] {
    return [...this.#entries.values()].map(({ file }) => file.status());
  }

  /** Bytes seen and not yet handed over, unread generations included. */
  lagBytes(): number {
    let sum = 0;
    for (const { file } of this.#entries.values()) sum += file.behindBytes();
    return sum;
  }

  /** Files that matched and are not followed because of the limit. */
  overLimit(): number {
    return this.#overLimit;
  }

  save(): unknown {
    if (this.#final !== undefined) return this.#final;
    const files: Record<string, unknown> = {};
    for (const [path, { file }] of this.#entries) files[path] = file.save();
    // To the minute: an idle tailer has nothing new to save.
    return { savedMs: Math.floor(this.#options.clock.now() / 60_000) * 60_000, files };
  }

  restore(saved: unknown): void {
    const { files, savedMs } = (saved ?? {}) as Record<string, unknown>;
    if (typeof files !== 'object' || files === null) return;
    const parsed = new Map<string, SavedFile>();
    for (const [path, value] of Object.entries(files)) {
      const file = parseSavedFile(value);
      if (file && this.#globs.some((glob) => glob.matches(path))) parsed.set(path, file);
    }
    this.#saved = { savedMs: typeof savedMs === 'number' ? savedMs : 0, files: parsed };
  }

  /** Takes up new files, compares all known ones with what was seen before, lets go those that are gone. */
  #scan(): void {
    if (this.#startedFirstTime) for (const [path, file] of this.#saved?.files ?? []) this.#follow(path, file);
    for (const [path, { file }] of [...this.#entries]) {
      file.check();
      if (file.isGone() && this.#isPattern(path)) this.#remove(path);
    }
    this.#overLimit = 0;
    for (const glob of this.#globs) {
      for (const path of glob.scan(this.#limits.files * 4))
        if (!this.#entries.has(path)) this.#discover(path, glob.magic);
    }
    this.#startedFirstTime = false;
    this.#schedule();
  }

  #isPattern(path: string): boolean {
    return !this.#globs.some((glob) => !glob.magic && glob.matches(path));
  }

  #discover(path: string, isPattern: boolean): void {
    if (isPattern && isArchiveName(basename(path))) return;
    const found = look(path);
    if (isPattern && !found) return;
    if (found && this.#isFollowed(found)) return;
    if (this.#entries.size >= this.#limits.files) {
      this.#overLimit += 1;
      return;
    }
    this.#follow(path, this.#beginningOf(found));
  }

  /** The configured start is for files that were there before anybody followed them. */
  #beginningOf(found: Found | undefined): Beginning {
    if (!this.#startedFirstTime) return 'beginning';
    const bornMs = Number((found?.facts.birthNs ?? 0n) / 1_000_000n);
    return this.#saved && bornMs > this.#saved.savedMs ? 'beginning' : this.#options.startAt;
  }

  #follow(path: string, beginning: Beginning): void {
    const file = new FollowedFile(path, beginning, this.#environment);
    const sentinel = new WakeTail(path);
    const entry = { file, sentinel, busy: true };
    sentinel.on('wake', () => this.#wake(entry));
    sentinel.on('armed', () => file.check());
    this.#entries.set(path, entry);
    file.check();
  }

  #remove(path: string): void {
    const entry = this.#entries.get(path);
    this.#entries.delete(path);
    if (!entry) return;
    entry.sentinel.disarm();
    this.#ready.delete(entry.file);
    entry.file.close();
  }

  #isHeld(facts: FileFacts, self?: FollowedFile): boolean {
    for (const { file } of this.#entries.values()) if (file !== self && file.holds(facts)) return true;
    return false;
  }

  /** Links, and hard links, to a file that is followed are not followed again. */
  #isFollowed({ facts, real }: Found): boolean {
    for (const { file } of this.#entries.values()) if (file.real === real) return true;
    return this.#isHeld(facts);
  }

  #wake(entry: Entry): void {
    entry.sentinel.disarm();
    entry.busy = true;
    entry.file.activeMs = this.#options.clock.now();
    entry.file.check();
    this.#schedule();
  }

  #enqueue(file: FollowedFile): void {
    this.#ready.add(file);
    const entry = this.#entries.get(file.follow.path);
    if (entry && !entry.busy) {
      entry.sentinel.disarm();
      entry.busy = true;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#running) return;
    if (this.#ready.size > 0) this.#pumping ??= setImmediate(() => this.#pump());
    if (this.#pollTimer) return;
    for (const { busy } of this.#entries.values()) {
      if (!busy) continue;
      this.#pollTimer = setTimeout(() => this.#poll(), POLL_MS);
      return;
    }
  }

  #poll(): void {
    this.#pollTimer = undefined;
    const nowMs = this.#options.clock.now();
    for (const entry of this.#entries.values()) {
      if (!entry.busy) continue;
      entry.file.check();
      if (nowMs - entry.file.activeMs < IDLE_MS || this.#ready.has(entry.file)) continue;
      entry.busy = false;
      entry.sentinel.arm();
    }
    this.#schedule();
  }

  #pump(): void {
    this.#pumping = undefined;
    this.#readSlice(performance.now() + SLICE_MS);
    this.#schedule();
  }

  /** One block of each file in turn until nothing is left or time is up. */
  #readSlice(deadline: number): void {
    for (const file of this.#ready) {
      this.#ready.delete(file);
      if (file.step()) this.#ready.add(file);
      if (performance.now() >= deadline) return;
    }
  }
}

interface Found {
  readonly facts: FileFacts;
  readonly real: string;
}

/** Undefined when there is nothing, or nothing that may be looked at: then it is tried again at the next scan. */
function look(path: string): Found | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats || stats.isDirectory()) return undefined;
    return { facts: factsOf(stats), real: realpathSync(path) };
  } catch {
    return undefined;
  }
}
