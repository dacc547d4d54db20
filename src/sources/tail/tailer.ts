import type { Persistent } from '../../contract/unit.ts';
import { EarliestTimer } from '../earliest-timer.ts';
import type { FollowStatus, TailerLimits, TailerOptions } from '../line-source.ts';
import { Candidates, type Found } from './candidates.ts';
import { BLOCK_BYTES, ChunkPace } from './chunk-pace.ts';
import { type Beginning, FollowedFile } from './followed-file.ts';
import type { FollowEnvironment } from './generation-queue.ts';
import type { FileFacts } from './identity.ts';
import { DEFAULT_LIMITS, overLimit } from './limits.ts';
import { LookPace } from './look-pace.ts';
import { ReadTurns } from './read-turns.ts';
import { parseSavedTail, type SavedTail } from './saved-state.ts';
import { WakeTail } from './wake-tail.ts';

const SCAN_MS = 1_000;
/** A file without news for this long is watched instead of polled. */
const IDLE_MS = 2_000;

interface Entry {
  readonly file: FollowedFile;
  readonly sentinel: WakeTail;
  /** Polled, not watched. */
  busy: boolean;
}

/**
 * Follows the files that match globs and hands over their bytes, each exactly once together with the checkpoint: whatever
 * the sink counted and the offsets are saved in the same tick. docs/tailing.md says what is guaranteed.
 */
export class Tailer implements Persistent {
  readonly #options: TailerOptions;
  readonly #limits: TailerLimits;
  readonly #candidates: Candidates;
  readonly #environment: FollowEnvironment;
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new ReadTurns<FollowedFile>();
  /** Files that have not yet passed the sizes seen at start; undefined before that. */
  #behind: Set<FollowedFile> | undefined;
  #saved: SavedTail | undefined;
  #final: unknown;
  #startedFirstTime = true;
  #overLimit: FollowStatus[] = [];
  readonly #timer: EarliestTimer;
  #scanAtMs = 0;
  readonly #pace: LookPace;
  #running = false;
  /** Reading follows in the same turn of the loop. */
  #looking = false;

  /** @throws when a glob is not one. */
  constructor(options: TailerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#candidates = new Candidates(options.globs);
    this.#pace = new LookPace(options.onBacklog);
    this.#environment = {
      sink: options.sink,
      clock: options.clock,
      buffer: Buffer.allocUnsafeSlow(BLOCK_BYTES),
      chunks: new ChunkPace(),
      limits: this.#limits,
      isTaken: (facts, path) => this.#isHeld(facts, path),
      wake: (path) => this.#enqueue(path),
      truncated: () => this.#pace.beCareful(),
    };
    this.#timer = new EarliestTimer(() => this.#look(), options.wakeUps);
    options.checkpoint.register(options.name ?? 'tail', this);
  }

  /** Opens what is there and begins to read in slices. */
  async start(): Promise<void> {
    this.#running = true;
    this.#scan();
    this.#behind = new Set([...this.#entries.values()].map(({ file }) => file));
    for (const file of this.#behind) file.mark();
    this.#pace.looked(this.lagBytes(), performance.now());
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#final = this.save();
    this.#running = false;
    this.#timer.stop();
    this.#turns.stop();
    for (const path of [...this.#entries.keys()]) this.#remove(path);
  }

  /** One scan, and everything read that is there; for tests. */
  tick(): void {
    this.#scan();
    this.#turns.all();
  }

  /** Reads what has been written by now, for some milliseconds, unless the last look was a moment ago, as at files that grow fast. New files wait. */
  catchUp(): void {
    if (!this.#running || this.#turns.isHeld || this.#pace.isFast || this.#pace.isFresh(performance.now())) return;
    this.#looking = true;
    for (const { file, busy } of this.#entries.values()) if (busy) file.check();
    this.#read();
  }

  hold(): void {
    this.#turns.hold();
  }

  letGo(): void {
    if (this.#running) this.#turns.letGo();
  }

  /** True once everything that existed at start (sizes seen then) has been handed over. */
  caughtUp(): boolean {
    if (!this.#behind) return false;
    for (const file of this.#behind) if (file.isPastMark()) this.#behind.delete(file);
    return this.#behind.size === 0;
  }

  status(): readonly FollowStatus[] {
    return [...[...this.#entries.values()].map(({ file }) => file.status()), ...this.#overLimit];
  }

  /** Bytes seen and not yet handed over, unread generations included. */
  lagBytes(): number {
    return [...this.#entries.values()].reduce((sum, { file }) => sum + file.behindBytes(), 0);
  }

  save(): unknown {
    if (this.#final !== undefined) return this.#final;
    const files = Object.fromEntries([...this.#entries].map(([path, { file }]) => [path, file.save()]));
    // To the minute: an idle tailer has nothing new to save.
    return { savedMs: Math.floor(this.#options.clock.now() / 60_000) * 60_000, files };
  }

  isUrgent(): boolean {
    return [...this.#entries.values()].some(({ file }) => file.isUrgent());
  }

  restore(saved: unknown): void {
    this.#saved = parseSavedTail(saved);
  }

  /** Takes up new files, compares known ones with what was seen before (`isFresh`: those that are polled just were), lets go those that are gone. */
  #scan(isFresh = false): void {
    if (this.#startedFirstTime) this.#resume();
    for (const [path, { file, busy }] of [...this.#entries]) {
      if (!isFresh || !busy) file.check();
      if (file.isGone() && !this.#candidates.isPlain(path)) this.#remove(path);
    }
    this.#overLimit = [];
    for (const { path, found } of this.#candidates.scan(this.#entries, this.#limits.files * 4)) {
      if (this.#entries.has(path) || (found && this.#isFollowed(found))) continue;
      if (this.#entries.size < this.#limits.files) this.#follow(path, this.#beginningOf(found));
      else this.#overLimit.push(overLimit(path, this.#limits));
    }
    this.#startedFirstTime = false;
    this.#scanAtMs = performance.now() + SCAN_MS;
    this.#schedule();
  }

  #resume(): void {
    for (const [path, file] of this.#saved?.files ?? []) if (this.#candidates.matches(path)) this.#follow(path, file);
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
    if (!entry || !this.#entries.delete(path)) return;
    entry.sentinel.disarm();
    this.#turns.remove(entry.file);
    entry.file.close();
  }

  #isHeld(facts: FileFacts, exceptPath?: string): boolean {
    return [...this.#entries].some(([path, { file }]) => path !== exceptPath && file.holds(facts));
  }

  /** Links, and hard links, to a file that is followed are not followed again. */
  #isFollowed({ facts, real }: Found): boolean {
    return [...this.#entries.values()].some(({ file }) => file.real === real) || this.#isHeld(facts);
  }

  #wake(entry: Entry): void {
    entry.sentinel.disarm();
    entry.busy = true;
    entry.file.touch();
    entry.file.check();
    this.#schedule();
  }

  #enqueue(path: string): void {
    const entry = this.#entries.get(path);
    if (!entry) return;
    this.#turns.add(entry.file);
    if (!entry.busy) {
      entry.sentinel.disarm();
      entry.busy = true;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#running || this.#looking) return;
    this.#turns.soon();
    const waitMs = this.#isAnyBusy() ? this.#pace.intervalMs : Number.POSITIVE_INFINITY;
    this.#timer.by(Math.min(performance.now() + waitMs, this.#scanAtMs));
  }

  #isAnyBusy(): boolean {
    return [...this.#entries.values()].some(({ busy }) => busy);
  }

  #look(): void {
    this.#looking = true;
    // The next look at growing files would be too late for the scan; without such files there is only the scan to wake for.
    const nowMs = performance.now();
    const isFresh = this.#pace.isFresh(nowMs);
    const isScan = nowMs + this.#pace.intervalMs > this.#scanAtMs || !this.#isAnyBusy();
    if (isScan) this.#scan(isFresh);
    for (const entry of this.#entries.values()) {
      if (!entry.busy) continue;
      if (!isScan && !isFresh) entry.file.check();
      if (entry.file.idleMs() < IDLE_MS || this.#turns.has(entry.file)) continue;
      entry.busy = false;
      entry.sentinel.arm();
    }
    this.#read();
  }

  #read(): void {
    this.#looking = false;
    this.#pace.looked(this.lagBytes(), performance.now());
    this.#turns.now();
    this.#schedule();
  }
}
