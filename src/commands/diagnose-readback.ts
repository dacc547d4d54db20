import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { findLogs, type LogPlan } from '../collectors/error-log-plan.ts';
import type { NginxErrorLogConfig } from '../collectors/nginx-error-log.ts';
import type { MasterSearch } from '../collectors/nginx-masters.ts';
import type { Observation, ObservationSink } from '../contract/failure.ts';
import type { Clock, Paths } from '../contract/unit.ts';
import type { CollectorStatus } from '../http/views.ts';
import { Candidates } from '../sources/tail/candidates.ts';
import { rotationSuffix } from '../sources/tail/siblings.ts';
import { LogFile } from './diagnose-log-file.ts';
import { LogReader, SecondCounter } from './diagnose-log-reader.ts';

/** Read back of one file. */
export const MOST_FILE_BYTES = 64 * 1024 * 1024;
/** Of all files together. */
const MOST_BYTES = 512 * 1024 * 1024;
const NAME = 'nginx_error_log';

export interface ReadbackOptions {
  readonly config: NginxErrorLogConfig;
  readonly paths: Paths;
  /** Without: every process is read. */
  readonly search?: MasterSearch;
  readonly clock: Clock;
  readonly sinceMs: number;
  readonly sink: ObservationSink;
  readonly mostFileBytes?: number;
}

interface Open {
  readonly file: LogFile;
  readonly reader: LogReader;
}

/**
 * Reads error logs from a moment of the past on and goes on reading what is written: each line once, told with the second in
 * which it was written. Stands in for the unit nginx_error_log, which tells all that it reads as of now.
 */
export class Readback {
  /** What it leaves out, in sentences. */
  readonly notes: string[] = [];
  readonly #options: ReadbackOptions;
  readonly #plan: LogPlan;
  readonly #open: Open[] = [];
  readonly #refused: { readonly path: string; readonly why: string }[] = [];
  readonly #counter: SecondCounter;
  #leftBytes = MOST_BYTES;

  constructor(options: ReadbackOptions) {
    this.#options = options;
    this.#plan = findLogs(options.config, options.paths, [], options.search);
    this.#counter = new SecondCounter(options.config.peer_limit);
  }

  /** Opens the logs and tells what they hold of the time; the oldest first over all files. */
  async start(): Promise<void> {
    const { config, sink } = this.#options;
    const seen = new Set<number>();
    const observations: Observation[] = [];
    for (const { path } of new Candidates(this.#plan.globs).scan(new Set(), config.file_limit)) {
      const file = this.#openFile(path);
      if (file === null || seen.has(file.inode)) continue;
      seen.add(file.inode);
      sink.present('nginx', this.#plan.subjectOf(path));
      await this.#readRotated(file, observations);
      const open = this.#begin(file, path);
      this.#open.push(open);
      await this.#drain(open, observations);
    }
    this.#tell(observations);
  }

  /** What was written since. */
  follow(): void {
    const observations: Observation[] = [];
    for (const { reader } of this.#open) while (reader.readBlock(observations));
    this.#tell(observations);
  }

  stop(): void {
    for (const { file } of this.#open.splice(0)) file.close();
  }

  /** As the unit that it stands in for would say it. */
  status(): CollectorStatus {
    const { clock } = this.#options;
    const [refused] = this.#refused;
    const readable = this.#open.length;
    const why = refused === undefined ? '' : `${refused.path}: ${refused.why}`;
    const state = readable > 0 ? 'ok' : refused !== undefined ? 'not_permitted' : 'absent';
    const detail =
      readable > 0
        ? `read ${readable} of ${readable + this.#refused.length} files${why === '' ? '' : `; ${why}`}`
        : why || this.#plan.notes.join('; ') || 'no file matches collectors.nginx_error_log.files';
    return {
      ...{ name: NAME, state, detail, durationMs: null },
      lastSuccessAt: state === 'not_permitted' ? null : new Date(clock.now()).toISOString(),
      targets: [
        ...this.#open.map(({ file }) => ({ name: file.path, state: 'ok', detail: 'read back' }) as const),
        ...this.#refused.map((one) => ({ name: one.path, state: 'not_permitted', detail: one.why }) as const),
      ],
    };
  }

  #openFile(path: string): LogFile | null {
    try {
      return new LogFile(path);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') {
        this.#refused.push({ path, why: code ?? message });
        this.notes.push(`${path} cannot be read (${code ?? message}): its failures are not seen`);
      }
      return null;
    }
  }

  #begin(file: LogFile, path: string): Open {
    const { clock, sinceMs, mostFileBytes = MOST_FILE_BYTES } = this.#options;
    const limits = { sinceMs, nowMs: () => clock.now() };
    const reader = new LogReader(file, this.#plan.subjectOf(path), this.#counter, limits);
    const room = Math.min(mostFileBytes, this.#leftBytes);
    const lowest = Math.max(0, file.size - room);
    reader.position = file.positionOf(sinceMs, lowest);
    this.#leftBytes -= file.size - reader.position;
    const firstMs = lowest > 0 ? file.firstTime(reader.position) : null;
    if (firstMs !== null && firstMs > sinceMs)
      this.notes.push(
        `${file.path}: only its last ${Math.round(room / 1024 / 1024)} MiB are read back, from ${new Date(firstMs).toISOString().slice(0, 19)}Z on`,
      );
    return { file, reader };
  }

  /** Files that the log was renamed to within the time; compressed ones are left out. */
  async #readRotated(current: LogFile, into: Observation[]): Promise<void> {
    const rotated = rotatedSince(current.path, this.#options.sinceMs);
    for (const path of rotated) {
      if (path.endsWith('.gz')) {
        this.notes.push(`${path} was written within the time and is compressed: it is not read back`);
        continue;
      }
      const file = this.#openFile(path);
      if (file === null) continue;
      file.clock.adoptZone(current.clock);
      await this.#drain(this.#begin(file, current.path), into);
      file.close();
    }
  }

  async #drain({ file, reader }: Open, into: Observation[]): Promise<void> {
    while (reader.readBlock(into)) await nextTurn();
    if (reader.isAhead)
      this.notes.push(
        `${file.path}: lines with times that are still to come are left out: the zone of its clock is not known`,
      );
  }

  #tell(observations: Observation[]): void {
    const { sink } = this.#options;
    observations.sort((a, b) => a.atMs - b.atMs);
    for (const observation of observations) sink.observe(observation);
  }
}

/** The oldest first. */
function rotatedSince(path: string, sinceMs: number): string[] {
  const base = basename(path);
  try {
    return readdirSync(dirname(path))
      .filter((name) => rotationSuffix(base, name) !== undefined)
      .map((name) => join(dirname(path), name))
      .map((sibling) => ({ sibling, mtimeMs: statSync(sibling, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .filter(({ mtimeMs }) => mtimeMs >= sinceMs)
      .sort((a, b) => a.mtimeMs - b.mtimeMs)
      .map(({ sibling }) => sibling);
  } catch {
    return [];
  }
}
