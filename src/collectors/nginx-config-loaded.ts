import { START_ERROR_MS } from '../sources/process-clock.ts';
import { type ConfigContent, isSameContent, kindOfChange, type ReloadKind } from './nginx-config-content.ts';
import type { Generation } from './nginx-config-generation.ts';

/** The configuration on disk, read whole and without a change under the read. */
export interface DiskConfig {
  readonly content: ConfigContent;
  /** nginx would refuse it. */
  readonly isInvalid: boolean;
  /** Counts up with every change of a file. */
  readonly version: number;
  /** As in TreeRead; null when files have no times. */
  readonly modifiedMs: number | null;
  readonly changedMs: number | null;
}

export interface Evidence {
  /** Null: cannot be read now. */
  readonly disk: DiskConfig | null;
  /** Null: processes are not visible. */
  readonly generation: Generation | null;
  /** What the product's version socket answers; null without one. */
  readonly runningVersion: string | null;
  readonly nowMs: number;
}

export interface Verdict {
  /** Whether what is on disk runs; null: cannot be told. */
  readonly isLoaded: boolean | null;
  /** What runs as far as is known; null: nothing is known. */
  readonly running: ConfigContent | null;
  /** A reload that was not there before. */
  readonly reload: ReloadKind | null;
  /** nginx runs what is taken for invalid here: the reading is wrong, not the configuration. */
  readonly isAccepted: boolean;
}

interface Loaded {
  readonly content: ConfigContent;
  /** False: the best guess. */
  readonly isProven: boolean;
  readonly version: number;
}

type Age = 'older' | 'newer' | 'unknown';

/**
 * Follows which configuration the workers run. Files are only compared with the start of a generation while it is not known
 * what it loaded; from then on the disk is compared with that, since workers never change their configuration.
 */
export class LoadedConfig {
  #generation: Generation | null = null;
  #loaded: Loaded | null = null;
  #isAccepted = false;
  /** Workers have crashed all at once: who is younger than a broken configuration has not loaded it. */
  #hasCrashed = false;

  settle(evidence: Evidence): Verdict {
    const { disk, generation } = evidence;
    if (disk === null) {
      // What the workers loaded stays; what others after them loaded is looked at when the disk can be read.
      const isSame = generation?.id === this.#generation?.id;
      return this.#verdict(null, isSame ? (this.#loaded?.content ?? null) : null, null);
    }
    if (generation === null) return this.#withoutProcesses(disk, evidence);
    const reload = this.#enter(generation, disk, evidence);
    const isLoaded = this.#compare(disk, generation, evidence);
    const running = isLoaded === false ? (this.#loaded?.content ?? null) : disk.content;
    return this.#verdict(isLoaded, running, this.#name(reload));
  }

  /** The next nginx starts without a past. */
  reset(): void {
    [this.#generation, this.#loaded] = [null, null];
    [this.#isAccepted, this.#hasCrashed] = [false, false];
  }

  /** What the generation before ran, when this one has come by a reload. */
  #enter(
    generation: Generation,
    disk: DiskConfig,
    { runningVersion, nowMs }: Evidence,
  ): { readonly from: Loaded | null } | null {
    const [before, from] = [this.#generation, this.#loaded];
    this.#generation = generation;
    if (before?.id === generation.id) return null;
    // nginx does not reload what it refuses: all its workers crashed at once and run what they ran. In a tie it may be broken since.
    const wasBroken = disk.isInvalid && !this.#isAccepted && ageOf(disk, generation.startMs, nowMs) === 'older';
    this.#hasCrashed = before !== null && wasBroken;
    if (this.#hasCrashed) return null;
    // Every reload that its controller does has a version of its own.
    if (runningVersion !== null && from?.content.versionSocket?.version === runningVersion) return null;
    this.#isAccepted = false;
    if (generation.origin === 'replaced' && from !== null && isSameContent(from.content, disk.content)) {
      // Reloaded or crashed, it runs the same; only files that were written tell that it was reloaded.
      return from.version === disk.version ? null : { from };
    }
    this.#loaded = null;
    return before === null || generation.origin === 'first' ? null : { from };
  }

  #name(reload: { readonly from: Loaded | null } | null): ReloadKind | null {
    if (reload === null) return null;
    const [from, to] = [reload.from, this.#loaded];
    // What one of them loaded was overwritten before it could be read, so it did change.
    return from === null || to === null ? 'changed' : kindOfChange(from.content, to.content);
  }

  /** Whether the disk is what `generation` loaded. */
  #compare(disk: DiskConfig, generation: Generation, { runningVersion, nowMs }: Evidence): boolean | null {
    const { content, version } = disk;
    const isVersionRunning = isRunning(content, runningVersion);
    const age = ageOf(disk, generation.startMs, nowMs);
    if (disk.isInvalid) {
      const isProof = this.#loaded === null && !this.#hasCrashed;
      if (isProof && age === 'older' && generation.isStartKnown) this.#isAccepted = true;
      if (!this.#isAccepted) return false;
    }
    if (isVersionRunning === true) return this.#prove(disk);
    if (this.#loaded?.isProven) {
      const isSame = isSameContent(this.#loaded.content, content);
      if (isSame) this.#loaded = { ...this.#loaded, version };
      return isSame;
    }
    if (isVersionRunning === false) return false;
    const isOlderThanAll = ageOf(disk, generation.masterStartMs, nowMs) === 'older';
    if (isOlderThanAll || (age === 'older' && generation.isStartKnown)) return this.#prove(disk);
    if (age === 'newer' && !(this.#loaded && isSameContent(this.#loaded.content, content))) return false;
    this.#loaded = { content, version, isProven: false };
    return null;
  }

  #prove({ content, version }: DiskConfig): true {
    this.#loaded = { content, version, isProven: true };
    return true;
  }

  /** A change on disk is taken for loaded, since it cannot be told; a broken one never is. */
  #withoutProcesses(disk: DiskConfig, { runningVersion }: Evidence): Verdict {
    const isVersionRunning = isRunning(disk.content, runningVersion);
    this.#generation = null;
    const from = this.#loaded;
    if (disk.isInvalid || isVersionRunning === false) return this.#verdict(false, from?.content ?? null, null);
    this.#loaded = { content: disk.content, version: disk.version, isProven: isVersionRunning === true };
    const isChanged = from !== null && !isSameContent(from.content, disk.content);
    const reload = isChanged ? kindOfChange(from.content, disk.content) : null;
    return this.#verdict(isVersionRunning, disk.content, reload);
  }

  #verdict(isLoaded: boolean | null, running: ConfigContent | null, reload: ReloadKind | null): Verdict {
    return { isLoaded, running, reload, isAccepted: this.#isAccepted };
  }
}

/** Null: the configuration has no version, or none answers. */
function isRunning({ versionSocket }: ConfigContent, runningVersion: string | null): boolean | null {
  return versionSocket === null || runningVersion === null ? null : versionSocket.version === runningVersion;
}

/** Whether all files are older than `startMs`, or one newer. A time in the future says nothing. */
function ageOf({ modifiedMs, changedMs }: DiskConfig, startMs: number, nowMs: number): Age {
  if (modifiedMs === null || changedMs === null) return 'unknown';
  if (changedMs + START_ERROR_MS < startMs) return 'older';
  return modifiedMs - START_ERROR_MS > startMs && modifiedMs <= nowMs + START_ERROR_MS ? 'newer' : 'unknown';
}
